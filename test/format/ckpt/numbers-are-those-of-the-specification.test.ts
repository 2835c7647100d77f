import { describe, expect, test } from 'vitest';
import type { RecordName } from '../../../src/format/ckpt/tables/names.js';
import { insert } from '../../../src/format/ckpt/tables/numbers.js';
import {
  REVISIONS,
  WRITABLE,
  derive,
  nameOfObject,
  nameOfType,
  type CkptRevision,
} from '../../../src/format/ckpt/tables/revision.js';
import { numberColumn } from './spec-tables.js';

const V19_TO_V22 = ['v19-rc3', 'v19', 'v20-pidns', 'v21'];
const NETWORK = new Set(['NET_NS', 'NETDEV', 'NETDEV_ADDR']);
const BEFORE_NETWORK = ['v19-rc3', 'v19', 'v20-pidns'];

function recordNumbers({ name }: CkptRevision): Record<string, number> {
  const column = numberColumn('record-numbers.txt', V19_TO_V22.includes(name) ? 'H' : name);
  if (!BEFORE_NETWORK.includes(name)) return column;
  return Object.fromEntries(Object.entries(column).filter(([record]) => !NETWORK.has(record)));
}

describe.each(REVISIONS)('$name', (revision) => {
  test('numbers its records so', () => {
    const expected = recordNumbers(revision);
    expect(revision.types).toEqual(expected);
    for (const [name, type] of Object.entries(expected)) expect(nameOfType(revision, type)).toBe(name);
    expect(nameOfType(revision, 9000)).toBeUndefined();
  });

  test('numbers its objects so', () => {
    const expected = numberColumn('object-numbers.txt', revision.name);
    expect(revision.objects).toEqual(expected);
    for (const [name, type] of Object.entries(expected)) expect(nameOfObject(revision, type)).toBe(name);
    expect(nameOfObject(revision, 99)).toBeUndefined();
  });

  test('no number is given twice', () => {
    for (const numbers of [revision.types, revision.objects]) {
      expect(new Set(Object.values(numbers)).size).toBe(Object.keys(numbers).length);
    }
  });

  test('refuses the mappings that the specification lists', () => {
    expect(revision.refusedVmFlags).toBe(0x33e8_4400n);
  });
});

test.each([
  ['v16', 'v16', 'F1', [1]],
  ['v17', 'v17', 'F2', [1, 2]],
  ['v18', 'v18', 'F3', [2]],
  ['v19-dev', 'v19 before rc1', 'G1', [3]],
  ['v19-rc1', 'v19-rc1 and rc2', 'G2', [4]],
  ['v19-rc3', 'v19-rc3', 'G3', [5]],
  ['v19', 'v19-v20', 'H1', [5]],
  ['v20-pidns', 'v20 with nested pid namespaces', 'H2', [6]],
  ['v21', 'v21-v22', 'H3', [6]],
  ['v23-rc1', 'v23-rc1', 'J1', [6]],
  ['v23-pids', 'v23-rc1 with pid objects', 'J2', [6]],
  ['v23', 'v23-rc2 and later', 'J3', [6]],
])('%s stands for %s, group %s', (name, covers, group, headRevs) => {
  const found = REVISIONS.find((revision) => revision.name === name);
  expect(found).toMatchObject({ covers, group, headRevs });
});

test('what can be written has no name of a revision that is guessed', () => {
  const names = Object.entries(WRITABLE).map(([name, revision]) => `${name}=${revision.name}`);
  expect(names).toEqual([
    'v16=v16',
    'v18=v18',
    'v19-dev=v19-dev',
    'v19-rc1=v19-rc1',
    'v19-rc2=v19-rc1',
    'v19-rc3=v19-rc3',
    'v19=v19',
    'v20=v19',
    'v21=v21',
    'v22=v21',
    'v23-rc1=v23-rc1',
    'v23-pids=v23-pids',
    'v23=v23',
  ]);
});

test('architectures are numbered as the headers of the time do', () => {
  const ids = Object.fromEntries(REVISIONS.map(({ name, archIds }) => [name, archIds]));
  // x86_64 has a number since v19-rc1; before, it is this library's extension
  const early = { X86_32: 1, S390X: 2, PPC32: 3, PPC64: 4, X86_64: 5 };
  const later = { X86_32: 1, X86_64: 2, S390X: 3, PPC32: 4, PPC64: 5 };
  const last = { X86_32: 1, X86_64: 2, S390X: 3 };
  expect(ids).toEqual({
    v16: early,
    v17: early,
    v18: early,
    'v19-dev': early,
    'v19-rc1': early,
    'v19-rc3': later,
    v19: later,
    'v20-pidns': later,
    v21: { ...later, ARM: 6 },
    'v23-rc1': last,
    'v23-pids': last,
    v23: { ...last, ARM: 4 },
  });
});

test.each([
  ['v16', 'ns files mm TASK_OBJS THREAD RESTART_BLOCK CPU'],
  ['v17', 'creds ns files mm sighand TASK_OBJS THREAD RESTART_BLOCK CPU'],
  ['v18', 'creds ns files mm sighand TASK_OBJS signal THREAD RESTART_BLOCK CPU pending'],
  ['v19-rc3', 'creds ns files mm fs sighand TASK_OBJS signal THREAD RESTART_BLOCK CPU pending'],
  ['v21', 'THREAD RESTART_BLOCK CPU creds ns files mm fs sighand TASK_OBJS signal pending'],
  ['v23', 'THREAD RESTART_BLOCK CPU creds ns files mm fs sem_undo sighand TASK_OBJS signal pending'],
])('%s has the sections of a task in order: %s', (name, order) => {
  expect(REVISIONS.find((revision) => revision.name === name)?.body.join(' ')).toBe(order);
});

test('names that are inserted move what follows without a hole, and no more', () => {
  const numbers = { HEADER: 1, BUFFER: 3, STRING: 4, TREE: 6 };
  expect(insert<RecordName>(numbers, { 3: ['CPU'] })).toEqual({
    HEADER: 1,
    CPU: 3,
    BUFFER: 4,
    STRING: 5,
    TREE: 6,
  });
});

test('a derived revision lacks what it is told to, and does not inherit what is guessed', () => {
  const base = REVISIONS[0] as CkptRevision;
  const derived = derive(base, { name: 'next', types: { TASK: 7 }, lacks: ['TREE'] });
  expect(base.guessed).toBeDefined();
  expect(derived).toMatchObject({ name: 'next', group: base.group });
  expect(derived.guessed).toBeUndefined();
  expect(derived.types).toEqual({ ...numberColumn('record-numbers.txt', 'v16'), TASK: 7, TREE: undefined });
  expect(derived.types).not.toHaveProperty('TREE');
  expect(derived.shapes).not.toHaveProperty('TREE');
});

test('what surrounds the records of a task differs so', () => {
  const facts = REVISIONS.map(
    (r) =>
      `${r.name} auxv ${r.auxv}, pids ${r.pids.size}${r.hasVpids ? ' vpids' : ''}${r.hasLsm ? ' lsm' : ''}` +
      `${r.hasZombies ? ' zombies' : ''}${r.hasHeaderlessPipe ? ' pipe' : ''} ${r.pidObjects?.offsetOf ?? ''}`.trimEnd(),
  );
  expect(facts).toEqual([
    'v16 auxv none, pids 24 pipe',
    'v17 auxv longs, pids 24 zombies pipe',
    'v18 auxv longs, pids 24 zombies',
    'v19-dev auxv longs, pids 24 zombies',
    'v19-rc1 auxv longs, pids 24 lsm zombies',
    'v19-rc3 auxv longs, pids 24 lsm zombies',
    'v19 auxv u64, pids 24 lsm zombies',
    'v20-pidns auxv u64, pids 32 lsm zombies',
    'v21 auxv u64, pids 24 vpids lsm zombies',
    'v23-rc1 auxv u64, pids 24 vpids lsm zombies',
    'v23-pids auxv u64, pids 24 lsm zombies first-1',
    'v23 auxv u64, pids 24 lsm zombies first',
  ]);
});
