import { expect, test } from 'vitest';
import { VM_FLAGS } from '../../src/format/model/vm-flags.js';
import { vpnOf } from '../../src/format/model/page.js';
import type { Vma } from '../../src/format/model/image.js';
import { relateVmas } from '../../src/inspect/vma-relation.js';
import { imageOf } from './sample-image.js';
import type { SampleVma } from './sample-image.js';

const { READ } = VM_FLAGS;

/** Anonymous memory from page `startVpn` to `endVpn`. */
function anon(startVpn: number, endVpn: number, flags?: bigint): SampleVma {
  return { startVpn, nrPages: endVpn - startVpn, ...(flags === undefined ? {} : { flags }) };
}

function file(name: string, startVpn: number, endVpn: number, pgoff: bigint): SampleVma {
  return { ...anon(startVpn, endVpn), kind: 'file', name, pgoff };
}

function rangeOf(vma: Vma | undefined): string {
  return vma === undefined ? 'none' : `${String(vpnOf(vma.vm_start))}-${String(vpnOf(vma.vm_end))}`;
}

function relationsOf(before: readonly SampleVma[], after: readonly SampleVma[]): string[] {
  const [a, b] = [imageOf(before), imageOf(after)];
  const relations = relateVmas(a.tasks[0]?.mm?.vmas ?? [], b.tasks[0]?.mm?.vmas ?? []);
  return relations.map((each) => `${rangeOf(each.before)} ${rangeOf(each.after)} ${each.changes.join(' ')}`.trimEnd());
}

const CASES: readonly [name: string, before: SampleVma[], after: SampleVma[], relations: string[]][] = [
  ['nothing changed', [anon(1, 5)], [anon(1, 5)], ['1-5 1-5']],
  ['added', [], [anon(1, 5)], ['none 1-5 added']],
  ['removed', [anon(1, 5)], [], ['1-5 none removed']],
  ['grown at the end', [anon(1, 5)], [anon(1, 9)], ['1-5 1-9 grown']],
  ['grown downwards', [anon(5, 9)], [anon(1, 9)], ['5-9 1-9 grown']],
  ['shrunk', [anon(1, 9)], [anon(1, 5)], ['1-9 1-5 shrunk']],
  ['moved', [anon(1, 5)], [anon(11, 15)], ['1-5 11-15 moved']],
  ['another size elsewhere', [anon(1, 5)], [anon(11, 16)], ['1-5 none removed', 'none 11-16 added']],
  [
    'two of a kind move in order',
    [anon(1, 2), anon(5, 6)],
    [anon(11, 12), anon(15, 16)],
    ['1-2 11-12 moved', '5-6 15-16 moved'],
  ],
  ['re-protected', [anon(1, 5)], [anon(1, 5, READ)], ['1-5 1-5 reprotected']],
  ['re-protected and grown', [anon(1, 5)], [anon(1, 6, READ)], ['1-5 1-6 grown reprotected']],
  ['renamed', [file('/a', 1, 5, 0n)], [file('/a (deleted)', 1, 5, 0n)], ['1-5 1-5 renamed']],
  ['another offset', [file('/a', 1, 5, 0n)], [file('/a', 1, 5, 7n)], ['1-5 1-5 remapped']],
  ['anonymous memory has no offset', [{ ...anon(1, 5), pgoff: 1n }], [{ ...anon(1, 5), pgoff: 9n }], ['1-5 1-5']],
  ['a file grown downwards keeps its place', [file('/a', 5, 9, 4n)], [file('/a', 1, 9, 0n)], ['5-9 1-9 grown']],
  ['a file shifted over itself was moved', [file('/a', 1, 5, 0n)], [file('/a', 2, 6, 0n)], ['1-5 2-6 moved']],
  [
    'a file at another offset does not move',
    [file('/a', 1, 5, 0n)],
    [file('/a', 11, 15, 1n)],
    ['1-5 none removed', 'none 11-15 added'],
  ],
  ['another object with other bounds', [anon(1, 5)], [file('/a', 1, 4, 0n)], ['1-5 none removed', 'none 1-4 added']],
  [
    'mprotect in the middle splits',
    [anon(1, 10)],
    [anon(1, 3), anon(3, 5, READ), anon(5, 10)],
    ['1-10 1-3 split', '1-10 3-5 split reprotected', '1-10 5-10 shrunk'],
  ],
  [
    'and back again merges',
    [anon(1, 3), anon(3, 5, READ), anon(5, 10)],
    [anon(1, 10)],
    ['5-10 1-10 grown', '1-3 1-10 merged', '3-5 1-10 merged reprotected'],
  ],
  [
    'an arena opens up page by page',
    [anon(1, 4), anon(4, 20, 0n)],
    [anon(1, 8), anon(8, 20, 0n)],
    ['1-4 1-8 grown', '4-20 8-20 shrunk'],
  ],
];

test.each(CASES)('%s', (_, before, after, relations) => {
  expect(relationsOf(before, after)).toEqual(relations);
});

test('65,000 mappings that split and merge are related in linear time', () => {
  const whole = [anon(0, 65_000)];
  const parts = Array.from({ length: 65_000 }, (_, i) => anon(i, i + 1, i % 2 === 0 ? READ : undefined));
  const startMs = performance.now();
  expect(relationsOf(whole, parts)).toHaveLength(65_000);
  expect(relationsOf(parts, whole)).toHaveLength(65_000);
  // quadratic time would take minutes
  expect(performance.now() - startMs).toBeLessThan(10_000);
});
