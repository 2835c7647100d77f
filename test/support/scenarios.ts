/**
 * The scenarios of test/targets/scenarios.c by the process in which they run: a fork changes all private memory of a process, so
 * scenarios that fork stand apart.
 */
export const BATCHES = {
  private: [
    ...['store', 'same-value', 'read-call', 'mem-write', 'dontneed', 'dontneed-load', 'dontneed-file'],
    ...['write-call-private', 'other-file', 'other-offset', 'anonymous-to-file', 'thp-byte', 'thp-split', 'hugetlb'],
    ...['mremap', 'mremap-over', 'mremap-dontunmap', 'mprotect', 'mprotect-part', 'remap-same-place', 'remap-middle'],
    ...['merge', 'brk', 'swap-out', 'swapped-before', 'free', 'uffd-wp', 'guard', 'stack'],
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

/** `[batch, scenario]` of each. */
export const SCENARIOS = (['private', 'forking', 'shared'] as const).flatMap((batch) =>
  BATCHES[batch].map((scenario) => [batch, scenario] as const),
);

/**
 * What an increment holds of each area after the first change: what has changed, and no more. Soft-dirty tells of pages that are
 * written as they were, moved, mapped anew or part of a large page, too; one number is of both backends.
 * How the kernel splits a large page is its own affair, and so is what of a whole is new in a shared object.
 */
const OWN_PAGES: Readonly<Partial<Record<string, Own | Readonly<Record<'soft-dirty' | 'digest', Own>>>>> = {
  store: [4],
  'same-value': { 'soft-dirty': [1], digest: [0] },
  'read-call': [3],
  'mem-write': [1],
  dontneed: [0],
  'dontneed-load': [0],
  'dontneed-file': [2],
  'write-call-private': [0],
  'other-file': [1],
  'other-offset': [1],
  'anonymous-to-file': [1],
  'thp-byte': { 'soft-dirty': [512], digest: [1] },
  // huge pages have no bits: their bytes are compared
  hugetlb: [2],
  mremap: [16],
  'mremap-over': [16],
  'mremap-dontunmap': [1, 16],
  mprotect: [1],
  'mprotect-part': [1],
  'remap-same-place': [1],
  'remap-middle': { 'soft-dirty': [12], digest: [0] },
  merge: { 'soft-dirty': [17], digest: [1] },
  brk: { 'soft-dirty': [9], digest: [1] },
  'swap-out': [3],
  'swapped-before': [1],
  free: [1],
  'uffd-wp': [2],
  guard: [1],
  stack: [2],
  fork: [1],
  'forked-before': [2],
  'shared-store': [2],
  'memfd-store': [2],
  'sysv-store': [2],
  'remove-anonymous': [1],
  'remove-memfd': [1],
  'shared-dontneed': [1],
  'shared-swap': [1],
  'two-views': [2, 2],
  'shared-file-store': [0],
  'write-call-shared': [0],
  'other-writer-anonymous': [2],
  'other-writer-memfd': [2],
  'other-writer-sysv': [2],
  'other-writer-file': [0],
  'child-and-gone-anonymous': [2],
  'child-and-gone-memfd': [2],
  'child-and-gone-sysv': [2],
  'children-and-gone-anonymous': [16],
  'children-and-gone-memfd': [16],
  'children-and-gone-sysv': [16],
};

/** Pages of each area that is not empty. */
type Own = readonly number[];

/** What OWN_PAGES says of a backend; undefined where the kernel decides. */
export function ownPagesExpected(scenario: string, backend: string): Own | undefined {
  const own = OWN_PAGES[scenario];
  if (own === undefined || !('digest' in own)) return own;
  return backend === 'digest' ? own.digest : own['soft-dirty'];
}

/** Changes and batches as scenarios-driver.mjs takes them. */
export const DRIVER_ARGUMENTS = [
  'change,again:exact',
  ...Object.entries(BATCHES).map(([batch, scenarios]) => `${batch}=${scenarios.join(',')}`),
];
