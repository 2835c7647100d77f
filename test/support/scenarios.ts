/**
 * The scenarios of test/targets/scenarios.c by the process in which they run: a fork changes all private memory of a process, so
 * scenarios that fork stand apart.
 */
export const BATCHES = {
  private: [
    ...['store', 'same-value', 'read-call', 'mem-write', 'dontneed', 'dontneed-load', 'dontneed-file'],
    ...['write-call-private', 'other-file', 'other-offset', 'anonymous-to-file', 'thp-byte', 'thp-split', 'hugetlb'],
    ...['mremap', 'mremap-over', 'mremap-dontunmap', 'mprotect', 'mprotect-part', 'remap-same-place', 'remap-middle'],
    ...['merge', 'brk', 'swap-out', 'swapped-before', 'free', 'uffd-wp', 'guard'],
  ],
  forking: ['fork', 'forked-before'],
  shared: [
    ...['shared-store', 'memfd-store', 'sysv-store', 'remove-anonymous', 'remove-memfd', 'shared-dontneed'],
    ...[
      'hugetlb-shared',
      'shared-swap',
      'two-views',
      'shared-file-store',
      'write-call-shared',
      'other-writer-anonymous',
    ],
    ...['other-writer-memfd', 'other-writer-sysv', 'other-writer-file', 'child-and-gone-anonymous'],
    ...['child-and-gone-memfd', 'child-and-gone-sysv', 'children-and-gone-anonymous', 'children-and-gone-memfd'],
    ...['children-and-gone-sysv'],
  ],
} as const;

export type Batch = keyof typeof BATCHES;

/** Scenarios of memory whose contents lie in a file that the image only names. */
export const OF_SHARED_FILES: readonly string[] = ['shared-file-store', 'write-call-shared', 'other-writer-file'];

/** `[batch, scenario]` of each. */
export const SCENARIOS = (['private', 'forking', 'shared'] as const).flatMap((batch) =>
  BATCHES[batch].map((scenario) => [batch, scenario] as const),
);

/** Changes and batches as scenarios-driver.mjs takes them. */
export const DRIVER_ARGUMENTS = [
  'change,again',
  ...Object.entries(BATCHES).map(([batch, scenarios]) => `${batch}=${scenarios.join(',')}`),
];
