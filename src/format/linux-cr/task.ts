/** The kernel's task states. Source: spec/cr-stream.md 14.3. */
export const TASK_STATES = {
  running: 0,
  interruptible: 1,
  uninterruptible: 2,
  stopped: 4,
  traced: 8,
  zombie: 16,
  exiting: 32,
  dead: 64,
} as const;

/** comm and its NUL. */
export const TASK_COMM_BYTES = 16;

/** Most tasks that a kernel can hold (PID_MAX_LIMIT). */
export const MAX_TASKS = 1 << 22;
