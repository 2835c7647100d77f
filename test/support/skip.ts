import type { TestContext } from 'vitest';

declare module 'vitest' {
  interface TaskMeta {
    /** Why the test was left out; the report of the run names it. */
    skipReason?: string;
  }
}

/** Leaves the running test out, with a reason that the closing report repeats. */
export function skip(context: TestContext, reason: string): never {
  context.task.meta.skipReason = reason;
  return context.skip(reason);
}

/** Leaves the running test out unless we are root. */
export function needsRoot(context: TestContext): void {
  if (process.getuid?.() !== 0) skip(context, 'needs root');
}
