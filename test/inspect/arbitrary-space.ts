import * as fc from 'fast-check';
import { VM_FLAGS } from '../../src/format/model/vm-flags.js';
import { READ_WRITE, page } from './sample-image.js';
import type { SamplePage, SampleVma } from './sample-image.js';

const BACKINGS = [
  { kind: 'anon' },
  { kind: 'heap' },
  { kind: 'file', name: '/lib/a.so' },
  { kind: 'file', name: '/lib/b.so' },
  { kind: 'shared-anon', name: '/dev/zero' },
] as const;
const FLAGS = [READ_WRITE, VM_FLAGS.READ] as const;
/** Few, so that pages of two spaces are often equal; the first is a page of zeros. */
const CONTENTS = [page(0), page(0, 1), page(1), page(2)] as const;
/** Nothing, a record header, and a page that belongs to nobody. */
const GAPS = [0, 0, 0, 16, 4096] as const;

const anyContent: fc.Arbitrary<Omit<SamplePage, 'index'> | undefined> = fc.option(
  fc.record({ bytes: fc.constantFrom(...CONTENTS), gapBytes: fc.constantFrom(...GAPS) }),
  { nil: undefined },
);

interface Slot {
  readonly gapPages: number;
  readonly contents: readonly (Omit<SamplePage, 'index'> | undefined)[];
  readonly backing: (typeof BACKINGS)[number];
  readonly flags: bigint;
  readonly pgoff: bigint;
}

const anySlot: fc.Arbitrary<Slot> = fc.record({
  gapPages: fc.nat({ max: 2 }),
  contents: fc.array(anyContent, { minLength: 1, maxLength: 6 }),
  backing: fc.constantFrom(...BACKINGS),
  flags: fc.constantFrom(...FLAGS),
  pgoff: fc.bigInt({ min: 0n, max: 2n }),
});

/** A small address space, so that two of them overlap, split, merge and move in every way. */
export const anySpace: fc.Arbitrary<SampleVma[]> = fc.array(anySlot, { maxLength: 6 }).map((slots) => {
  let vpn = 0x100;
  return slots.map(({ gapPages, contents, backing, flags, pgoff }) => {
    const startVpn = vpn + gapPages;
    vpn = startVpn + contents.length;
    const pages = contents.flatMap((content, index) => (content === undefined ? [] : [{ ...content, index }]));
    return { startVpn, nrPages: contents.length, ...backing, flags, pgoff, pages };
  });
});

/** Runs of a property: the seed is printed, and FC_SEED repeats it. */
export function seeded(numRuns: number): fc.Parameters<unknown> {
  const seed = Number(process.env['FC_SEED'] ?? Date.now() % 2 ** 31);
  console.log(`fast-check seed ${String(seed)}`);
  return { seed, numRuns };
}
