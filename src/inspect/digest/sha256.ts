/** Bytes of a SHA-256. */
export const DIGEST_BYTES = 32;

/** The SHA-256 of bytes, made in another thread; `bytes` must stay as they are until then. */
export async function sha256(bytes: Uint8Array): Promise<Uint8Array> {
  return new Uint8Array(await globalThis.crypto.subtle.digest('SHA-256', bytes));
}
