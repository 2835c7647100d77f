import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MemorySource } from '../../../src/format/bytes/memory.js';
import { heldBy } from '../../../src/format/cr/write/held.js';
import { V11, WRITABLE } from '../../../src/format/cr/tables/revision.js';
import { readCr } from '../../../src/format/cr/read/reader.js';
import type { AddressSpace, Image, OpenFile, Task, Thread, Vma } from '../../../src/format/model/image.js';
import { KERNEL_SECTIONS, type KernelState } from '../../../src/format/model/kernel-state.js';
import { REGISTER_NAMES, type Registers } from '../../../src/format/model/registers.js';
import type { SharedMemory } from '../../../src/format/model/shared-memory.js';
import { anyImage } from '../../support/arbitrary-image.js';
import { comparable, writeAs } from '../../support/comparable-image.js';
import { runs } from '../../support/seed.js';

const RECORD = {
  kind: 'record',
  name: 'CRED',
  fields: { uid: 1, caps: 2n },
  elements: [],
  payload: new Uint8Array(5),
} as const;
/** uid, caps and the payload. */
const RECORD_BYTES = 4 + 8 + 5;

/** A page that no mapping shows. */
const UNSEEN = {
  ...{ count: 1, totalPages: 1, vpn: Float64Array.of(2 ** 50) },
  ...{ nrPages: Uint32Array.of(1), offset: Float64Array.of(0) },
};

const FILE: OpenFile = { type: 'regular', name: '/bin/x', f_mode: 1, f_flags: 0, f_pos: 0n, f_version: 0n };

/** What ckpt streams have and cr streams have not; each is there or not. */
const anyExtras = fc.record(
  {
    uflags: fc.constant(3n),
    container: fc.constant([RECORD]),
    pgid: fc.nat(9),
    sid: fc.nat(9),
    isZombie: fc.boolean(),
    isShared: fc.boolean(),
    exe: fc.constant(FILE),
    auxv: fc.array(fc.bigInt({ min: 1n, max: 99n }), { minLength: 1, maxLength: 4 }),
    vdso: fc.constant(0x1000n),
    fileBytes: fc.constant(9n),
    hugetlb_shift: fc.constant(21),
    sections: fc.subarray([...KERNEL_SECTIONS]),
    nestedPids: fc.array(fc.nat(9), { maxLength: 2 }),
    fileType: fc.constantFrom<OpenFile['type']>('pipe', 'socket', 'directory'),
    xstate: fc.uint8Array({ minLength: 1, maxLength: 600 }),
    registers: fc.dictionary(fc.constantFrom(...REGISTER_NAMES), fc.bigInt({ min: 0n, max: 3n })),
    comm: fc.constant('a name of more than fifteen'),
    machine: fc.constantFrom('i686', 'x86_64'),
  },
  { requiredKeys: [] },
);
type Extras = typeof anyExtras extends fc.Arbitrary<infer T> ? T : never;

function withThread(thread: Thread, { sections, nestedPids = [], xstate, registers, comm }: Extras): Thread {
  const named = Object.fromEntries((sections ?? []).map((name) => [name, [RECORD]]));
  const kernel: KernelState | undefined = sections && { nestedPids, sections: named };
  // the generator has no other names
  const known = registers && { registers: registers as Registers };
  return { ...thread, kernel, ...(xstate && { xstate }), ...known, ...(comm && { comm }) };
}

function withMemory(mm: AddressSpace, extras: Extras): AddressSpace {
  const { exe, auxv, vdso, fileBytes, hugetlb_shift, isShared } = extras;
  const vmas = mm.vmas.map((vma): Vma => {
    const shared: SharedMemory | undefined = isShared ? { id: 1, sizeBytes: 4096n, pages: UNSEEN } : undefined;
    return { ...vma, fileBytes, hugetlb_shift, shared, file: exe };
  });
  return { ...mm, exe, auxv, vdso, vmas };
}

function withExtras(image: Image, extras: Extras): Image {
  const { pgid, sid, isZombie, fileType, uflags, container, machine } = extras;
  const tasks = image.tasks.map((task): Task => {
    const [first, ...others] = task.threads.map((thread) => withThread(thread, extras));
    const files = task.files.map((fd) => ({ ...fd, file: { ...fd.file, type: fileType ?? fd.file.type } }));
    const mm = isZombie || !task.mm ? undefined : withMemory(task.mm, extras);
    return { ...task, pgid, sid, mm, files, threads: [first ?? task.threads[0], ...others] };
  });
  const uname = { ...image.header.uname, ...(machine && { machine }) };
  return { ...image, header: { ...image.header, uname, uflags, container }, tasks };
}

/** An image as a value in which a register that is not known is 0, and numbers of objects do not matter. */
async function told(image: Image): Promise<unknown> {
  const zero = Object.fromEntries(REGISTER_NAMES.map((name) => [name, 0n]));
  const tasks = image.tasks.map((task): Task => {
    const [first, ...others] = task.threads.map((thread) => ({
      ...thread,
      registers: { ...zero, ...thread.registers },
    }));
    return { ...task, threads: [first ?? task.threads[0], ...others] };
  });
  return comparable({ ...image, tasks });
}

function isSame(a: unknown, b: unknown): boolean {
  try {
    expect(a).toEqual(b);
    return true;
  } catch {
    return false;
  }
}

describe.each(Object.entries(WRITABLE))('%s', (name, revision) => {
  test('what was written and read is what heldBy says, which loses nothing exactly when nothing changed', async () => {
    await fc.assert(
      fc.asyncProperty(anyImage(3), anyExtras, async (plain, extras) => {
        const image = withExtras(plain, extras);
        const { image: held, losses } = heldBy(image, revision);
        const read = await readCr(new MemorySource(await writeAs(image, name)));
        expect(await comparable(read)).toEqual(await comparable(held));
        // kernel state of no sections says nothing
        const isEmpty = extras.sections?.length === 0 && (extras.nestedPids ?? []).length === 0;
        const { sections: _, ...others } = extras;
        const before = isEmpty ? withExtras(plain, others) : image;
        expect(losses.length === 0).toBe(isSame(await told(held), await told(before)));
      }),
      runs(30),
    );
  });
});

/** An image of one task with some of its members replaced. */
function imageOf(change: (task: Task) => Partial<Task>, count = 1): Image {
  const [image] = fc.sample(
    anyImage(3).filter(
      ({ tasks, format }) => tasks.length === 1 && format.wordBytes === 8 && (tasks[0]?.files.length ?? 0) > 0,
    ),
    { numRuns: 1, seed: 5 },
  );
  const task = image?.tasks[0];
  if (!image || !task) throw new Error('the generator gave no image');
  const changed = { ...task, ...change(task) };
  return {
    ...image,
    tasks: Array.from({ length: count }, (_, i) => ({
      ...changed,
      pid: i + 1,
      tgid: i + 1,
      threads: [{ ...changed.threads[0], tid: i + 1 }],
    })),
  };
}

test('what an image without it would get is no loss', () => {
  const image = imageOf(({ mm }) => {
    const vdso = mm?.vmas.find(({ kind }) => kind === 'vdso')?.vm_start ?? 0n;
    return { mm: mm && { ...mm, auxv: [0n, 0n], def_flags: 0n, flags: 0n, vdso } };
  });
  expect(heldBy({ ...image, header: { ...image.header, uflags: 1n } }, V11).losses).toEqual([]);
});

const lossesOf = (image: Image): unknown[] => heldBy(image, V11).losses.map(({ path, bytes }) => [path, bytes]);

test('kernel state is lost section by section, with its bytes', () => {
  const kernel = { nestedPids: [], sections: { creds: [RECORD, RECORD], ns: [RECORD] } };
  const image = imageOf(({ threads: [first] }) => ({ threads: [{ ...first, kernel }] }));
  expect(lossesOf(image)).toEqual([
    ['task[0].threads[0].kernel.creds', 2 * RECORD_BYTES],
    ['task[0].threads[0].kernel.ns', RECORD_BYTES],
  ]);
});

test('sharing between tasks is lost once, and each has its own', () => {
  const image = imageOf(() => ({}), 3);
  expect(lossesOf(image)).toEqual([
    ['task[0].mm', 0],
    ['task[0].files', 0],
  ]);
  expect(new Set(heldBy(image, V11).image.tasks.map(({ mm }) => mm)).size).toBe(3);
});

test('selectors of x86_64 are lost when they are not 0, and FPU state of another size is left out', () => {
  const registers = { cs: 0x33n, fs: 0x63n, gs: 0n, fs_base: 1n };
  const image = imageOf(({ threads: [first] }) => ({ threads: [{ ...first, registers, xstate: new Uint8Array(7) }] }));
  expect(lossesOf(image)).toEqual([
    ['task[0].threads[0].registers', 8],
    ['task[0].threads[0].xstate', 7],
  ]);
});

test('shared memory says by how many mappings, and which pages no mapping keeps', () => {
  const image = imageOf(({ mm }) => {
    const [vma] = mm?.vmas ?? [];
    if (!mm || !vma) throw new Error('no mapping');
    const columns = { vpn: Float64Array.of(0), nrPages: Uint32Array.of(9), offset: Float64Array.of(0) };
    const shared = { id: 1, sizeBytes: 0x9000n, pages: { count: 1, totalPages: 9, ...columns } };
    const start = vma.vm_start;
    const part = { ...vma, shared, kind: vma.kind };
    const windows = [
      { ...part, vm_end: start + 0x2000n, vm_pgoff: 0n, pages: { ...shared.pages, count: 0, totalPages: 0 } },
      {
        ...part,
        vm_start: start + 0x2000n,
        vm_end: start + 0x4000n,
        vm_pgoff: 1n,
        pages: { ...shared.pages, count: 0, totalPages: 0 },
      },
    ];
    return { mm: { ...mm, vmas: windows } };
  });
  const loss = heldBy(image, V11).losses.find(({ path }) => path.endsWith('.shared'));
  expect(loss).toMatchObject({ path: 'task[0].mm.vma[0].shared', bytes: 6 * 4096 });
  expect(loss?.what).toContain('2 mappings');
});
