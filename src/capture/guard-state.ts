/** The descriptor on which the guard finds the one byte that says what to do when its parent is gone. */
export const STATE_FD = 3;

/** What the guard does when its parent is gone. */
export const GUARD_STATE = {
  /** Remove the temporary file. */
  watching: 0x77,
  /** Resume the process, too. */
  armed: 0x61,
  /** Nothing: the capture came to its end. */
  dismissed: 0x64,
} as const;

export type GuardState = keyof typeof GUARD_STATE;
