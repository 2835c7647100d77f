import * as fs from 'node:fs';
import * as path from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { goldenBytes, goldenJson, goldenNames } from '../../support/golden.js';
import { scratchDirectory } from '../../support/scratch.js';
import { SEED, runs } from '../../support/seed.js';
import { judgeCkpt } from '../../support/strict-ckpt.js';

interface GoldenRecord {
  readonly offset: number;
  readonly name: string;
}

type Place = readonly [field: string, from: number, to: number];

const ANY_RECORD: readonly Place[] = [
  ['type', 0, 4],
  ['len', 4, 8],
];

/**
 * Bytes, counted from the start of the record, of which every change makes an image wrong. References lose their lowest
 * byte where another file would be as good.
 */
const STRUCTURAL: Readonly<Record<string, readonly Place[]>> = {
  TREE: [['nr_tasks', 8, 12]],
  PIDS: [['nr_pids', 8, 12]],
  OBJREF: [
    ['objtype', 8, 12],
    ['objref', 12, 16],
  ],
  FILE_TABLE: [['fdt_nfds', 8, 12]],
  FILE_DESC: [['fd_objref', 9, 12]],
  IPC: [
    ['ipc_type', 8, 12],
    ['ipc_count', 12, 16],
  ],
  TASK_OBJS: [
    ['files_objref', 8, 12],
    ['mm_objref', 12, 16],
  ],
  MM: [
    ['map_count', 8, 12],
    ['exe_objref', 13, 16],
  ],
  VMA: [
    ['vma_type', 9, 12],
    ['vma_objref', 13, 16],
  ],
  PGARR: [['nr_pages', 8, 16]],
  TAIL: [['magic', 8, 16]],
};

interface Damage {
  readonly what: string;
  readonly offset: number;
}

function possibleDamage(name: string): Damage[] {
  // the golden descriptions list records like this; see fixtures/golden/README.md
  const records = goldenJson(name)['records'] as readonly GoldenRecord[];
  return records.flatMap((record) =>
    [...ANY_RECORD, ...(STRUCTURAL[record.name] ?? [])].flatMap(([field, from, to]) =>
      Array.from({ length: to - from }, (_, i) => ({
        what: `byte ${from + i} (${field}) of ${record.name}`,
        offset: record.offset + from + i,
      })),
    ),
  );
}

function damaged(bytes: Uint8Array, offset: number, bits: number): Uint8Array {
  const copy = bytes.slice();
  copy[offset] = (copy[offset] ?? 0) ^ bits;
  return copy;
}

test.each(goldenNames('ckpt'))('%s with one wrong byte in its structure is refused', async (name) => {
  const bytes = goldenBytes(name);
  const one = fc.tuple(fc.constantFrom(...possibleDamage(name)), fc.integer({ min: 1, max: 255 }));
  const cases = fc.sample(one, { seed: SEED, ...runs(80) });
  const directory = scratchDirectory();
  const paths = cases.map(([{ offset }, bits], i) => {
    const file = path.join(directory, `${i}.img`);
    fs.writeFileSync(file, damaged(bytes, offset, bits));
    return file;
  });
  const judged = await judgeCkpt(paths);
  const taken = cases.filter((_, i) => !('refused' in (judged[i] ?? {})));
  expect(taken.map(([{ what, offset }, bits]) => `${what} at ${offset} ^ ${bits}`)).toEqual([]);
});
