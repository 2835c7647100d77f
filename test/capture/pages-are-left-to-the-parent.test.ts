import fc from 'fast-check';
import { expect, test } from 'vitest';
import { PageComparer } from '../../src/capture/tracking/byte-compare.js';
import { leaveToParent } from '../../src/capture/tracking/leave-to-parent.js';
import { VERDICT, type ChangeTracker } from '../../src/capture/tracking/verdict.js';
import { MemorySource } from '../../src/format/bytes/memory.js';
import { NO_MEMORY, type Image, type Task, type Vma } from '../../src/format/model/image.js';
import { PAGE_BYTES, vaddrOf } from '../../src/format/model/page.js';
import { PageRunsBuilder } from '../../src/format/model/page-runs.js';
import type { SharedMemory } from '../../src/format/model/shared-memory.js';

const PAGES = 40;

interface Memory {
  readonly task: Task;
  readonly contents: MemorySource;
}

/** Pages by number, each filled with its value; some of them elsewhere, to have runs that do not touch. */
function memoryOf(pages: ReadonlyMap<number, number>, vma: Partial<Vma> = {}): Memory {
  const vpns = [...pages.keys()].sort((a, b) => a - b);
  const bytes = new Uint8Array(2 * PAGES * PAGE_BYTES);
  const builder = new PageRunsBuilder();
  for (const vpn of vpns) {
    const at = (vpn % 7 === 0 ? 2 * PAGES - vpn : vpn) * PAGE_BYTES;
    bytes.fill(pages.get(vpn) ?? 0, at, at + PAGE_BYTES);
    builder.add(vpn, 1, at);
  }
  const bounds = { vm_start: 0n, vm_end: vaddrOf(PAGES), vm_page_prot: 0n, vm_flags: 0n, vm_pgoff: 0n };
  const one: Vma = { ...bounds, kind: 'anon', name: undefined, pages: builder.take(), ...vma };
  const mm = { ...NO_MEMORY, vmas: [one] };
  // nothing else of a task is looked at
  const task = { pid: 7, mm, threads: [] } as unknown as Task;
  return { task, contents: new MemorySource(bytes, 'memory') };
}

function tracker(verdicts: ReadonlyMap<number, number>): ChangeTracker {
  return {
    name: 'soft-dirty',
    judge: ({ pages: { count, vpn, nrPages } }, take) => {
      for (let run = 0; run < count; run++)
        for (let page = vpn[run] ?? 0; page < (vpn[run] ?? 0) + (nrPages[run] ?? 0); page++)
          take(verdicts.get(page) ?? VERDICT.compare, page, 1);
    },
  };
}

async function leave(now: Memory, parent: Memory, verdicts: ReadonlyMap<number, number> = new Map()): Promise<Vma> {
  // nothing else of an image is looked at
  const image = { tasks: [parent.task], contents: parent.contents } as unknown as Image;
  const comparer = new PageComparer(undefined);
  const options = { parent: image, now: now.contents, comparer, trackerOf: () => tracker(verdicts) };
  const [task] = await leaveToParent([now.task], options);
  const vma = task?.mm?.vmas[0];
  if (vma === undefined) throw new Error('there is no mapping any more');
  return vma;
}

function numbers(ranges: {
  readonly count: number;
  readonly vpn: Float64Array;
  readonly nrPages: Uint32Array;
}): number[] {
  const found: number[] = [];
  for (let i = 0; i < ranges.count; i++)
    for (let page = 0; page < (ranges.nrPages[i] ?? 0); page++) found.push((ranges.vpn[i] ?? 0) + page);
  return found;
}

const anyPages = fc.dictionary(fc.integer({ min: 1, max: 36 }).map(String), fc.integer({ min: 0, max: 2 }));
const pagesOf = (found: Record<string, number>): Map<number, number> =>
  new Map(Object.entries(found).map(([vpn, value]) => [Number(vpn), value]));

test('what is left to the parent is what it has with the same bytes; the rest is own; nothing else is there', async () => {
  await fc.assert(
    fc.asyncProperty(anyPages.map(pagesOf), anyPages.map(pagesOf), async (now, then) => {
      const { pages, parentPages } = await leave(memoryOf(now), memoryOf(then));
      const isSame = (vpn: number): boolean => now.get(vpn) === then.get(vpn);
      const there = [...now.keys()].sort((a, b) => a - b);
      expect(numbers(pages)).toEqual(there.filter((vpn) => !isSame(vpn)));
      expect(parentPages ? numbers(parentPages) : []).toEqual(there.filter(isSame));
    }),
  );
});

const PROVEN = new Map([[3, VERDICT.same] as const, [4, VERDICT.own] as const]);
const OLD = new Map([
  [3, 1],
  [4, 1],
  [5, 1],
]);
const NEW = new Map([
  [3, 2],
  [4, 1],
  [5, 2],
]);

test('a page that is proven to be the same is not compared, one that is said to be dirty is taken', async () => {
  const { pages, parentPages } = await leave(memoryOf(NEW), memoryOf(OLD), PROVEN);
  expect(parentPages && numbers(parentPages)).toEqual([3]);
  expect(numbers(pages)).toEqual([4, 5]);
});

test.each([
  ['another kind', { kind: 'file' as const }],
  ['another name', { name: '/other' }],
  ['another place of the same file', { vm_pgoff: 1n }],
])('proof by a bit is worth nothing where the parent has %s', async (_what, vma) => {
  const { pages, parentPages } = await leave(memoryOf(NEW), memoryOf(OLD, vma), PROVEN);
  expect(parentPages).toBe(undefined);
  expect(numbers(pages)).toEqual([3, 4, 5]);
});

test('a process that the parent does not have keeps all its pages', async () => {
  const parent = memoryOf(OLD);
  const { pages } = await leave(memoryOf(OLD), { ...parent, task: { ...parent.task, pid: 8 } });
  expect(numbers(pages)).toEqual([3, 4, 5]);
});

test.each([
  ['as it was', 'shared-anon'],
  ['whose kind the parent does not tell', 'sysv'],
] as const)(
  'shared memory %s is compared whatever the bits say, and left to the object in the parent',
  async (_, kind) => {
    const shared = (memory: Memory, id?: number): Memory => {
      const [vma] = memory.task.mm?.vmas ?? [];
      if (!vma) throw new Error('no mapping');
      const object: SharedMemory = { id, sizeBytes: BigInt(PAGES * PAGE_BYTES), pages: vma.pages };
      return memory === then
        ? memoryOf(OLD, { shared: object, kind: 'shared-anon' })
        : memoryOf(NEW, { shared: object, kind });
    };
    const then = memoryOf(OLD);
    const { shared: left, pages, parentPages } = await leave(shared(memoryOf(NEW)), shared(then, 5), PROVEN);
    expect(left).toMatchObject({ parentId: 5 });
    expect(left?.parentPages && numbers(left.parentPages)).toEqual([4]);
    expect(parentPages && numbers(parentPages)).toEqual([4]);
    expect(numbers(pages)).toEqual([3, 5]);
  },
);

test('nothing is left to a parent that has two processes of the same number', async () => {
  const [now, then] = [memoryOf(OLD), memoryOf(OLD)];
  const { mm } = memoryOf(OLD).task;
  // nothing else of an image is looked at
  const parent = { tasks: [then.task, { ...then.task, mm }], contents: then.contents } as unknown as Image;
  const options = {
    parent,
    now: now.contents,
    comparer: new PageComparer(undefined),
    trackerOf: () => tracker(PROVEN),
  };
  const [task] = await leaveToParent([now.task], options);
  expect(task?.mm?.vmas[0]?.parentPages).toBe(undefined);
  expect(task?.mm?.vmas[0]?.pages.totalPages).toBe(OLD.size);
});
