/** What the caller of checkpoint asked for; NETNS since v21. Source: spec/cr-stream.md 3.3. */
export const UFLAGS = { SUBTREE: 0x1n, NETNS: 0x2n } as const;

/** All that are defined; readers refuse others. */
export const KNOWN_UFLAGS = UFLAGS.SUBTREE | UFLAGS.NETNS;
