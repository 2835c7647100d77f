/** Descriptors in a TLS array, and its bytes. */
export const TLS_ENTRIES = 3;
export const TLS_BYTES = 24;

/** Bytes of a descriptor. */
export const LDT_ENTRY_BYTES = 8;
/** Most entries an LDT has. */
export const LDT_MAX_ENTRIES = 8192;
