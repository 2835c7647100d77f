import { defineConfig } from 'vitest/config';

/** The groups of tests. What `unit` leaves out needs a live /proc, a debugger or a virtual machine. */
const APART = ['live', 'gdb', 'vm'];

const LIVE_TIMEOUT_MS = 120_000;

export default defineConfig({
  test: {
    pool: 'forks',
    maxWorkers: 1,
    isolate: false,
    fileParallelism: false,
    coverage: { provider: 'v8', include: ['src/**/*.ts'] },
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: APART.map((group) => `test/${group}/**`),
          testTimeout: 60_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'live',
          include: ['test/live/**/*.test.ts'],
          globalSetup: ['test/support/compile-targets.ts'],
          testTimeout: LIVE_TIMEOUT_MS,
          hookTimeout: LIVE_TIMEOUT_MS,
        },
      },
      {
        extends: true,
        test: {
          name: 'vm',
          include: ['test/vm/**/*.test.ts'],
          globalSetup: ['test/support/compile-targets.ts'],
          testTimeout: LIVE_TIMEOUT_MS,
        },
      },
    ],
  },
});
