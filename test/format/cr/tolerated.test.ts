// What a stream may have or lack without being wrong.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { MemorySink, MemorySource } from '../../../src/format/bytes/memory.js';
import { HEAD } from '../../../src/format/cr/tables/head.js';
import { chunkPages } from '../../../src/format/cr/tables/pgarr.js';
import { readCr } from '../../../src/format/cr/read/reader.js';
import { reencode } from '../../../src/format/cr/write/reencode.js';
import { V1, V11, derive } from '../../../src/format/cr/tables/revision.js';
import { writeCr } from '../../../src/format/cr/write/writer.js';
import type { Image } from '../../../src/format/model/image.js';
import { VM_FLAGS } from '../../../src/format/model/vm-flags.js';
import { writerOf } from '../../../src/format/registry.js';
import { anyImage } from '../../support/arbitrary-image.js';
import { cumulativeChunks, oneAnonVma } from '../../support/stream.js';

const ONE = { wordBytes: 8, pages: 5, chunks: [{ header: 3, count: 3 }] } as const;
const TAIL_BYTES = 16;

test('v1 is read with the HEAD of later revisions, told by the pid in every parent', async () => {
  const long = derive(V1, { layouts: { HEAD: [HEAD] } });
  const { format, tasks, notes } = await readCr(new MemorySource(oneAnonVma({ ...ONE, revision: long })));
  expect([format.revision, tasks[0]?.mm?.vmas[0]?.pages.totalPages]).toEqual(['v1', 3]);
  expect(notes.map(({ code }) => code)).toEqual(['GUESSED']);
  expect(format.decidedBy.join()).toContain('the same parent');
});

test('v1 is read without TAIL, which is noted; of later revisions that is the end', async () => {
  const { tasks, notes } = await readCr(new MemorySource(oneAnonVma({ ...ONE, revision: V1 }).slice(0, -TAIL_BYTES)));
  expect(tasks[0]?.mm?.vmas[0]?.pages.totalPages).toBe(3);
  expect(notes.map(({ code, at }) => [code, at.path])).toEqual([
    ['GUESSED', 'tail'],
    ['GUESSED', 'head'],
  ]);
  const later = readCr(new MemorySource(oneAnonVma(ONE).slice(0, -TAIL_BYTES)));
  await expect(later).rejects.toMatchObject({ code: 'TRUNCATED' });
});

test('of notes of one kind there are 16, and one that says how many more', async () => {
  const full = chunkPages(8);
  const chunks = cumulativeChunks([full, ...Array.from({ length: 20 }, () => 1)], 8);
  const { notes } = await readCr(new MemorySource(oneAnonVma({ ...ONE, pages: full + 20, chunks })));
  expect(notes.length).toBe(17);
  expect(notes.at(-1)).toMatchObject({ code: 'CUMULATIVE_COUNT' });
  expect(notes.at(-1)?.message).toContain('4 more');
});

test('a stream of a revision of ones own is decoded and encoded', async () => {
  const next = derive(V11, { name: 'next', types: { VMA: 222 } });
  const [image] = fc.sample(anyImage(2), { numRuns: 1, seed: 2 });
  const written = new MemorySink();
  await writeCr(image as Image, written, next);
  const again = new MemorySink();
  await reencode(new MemorySource(written.bytes()), again, { revisions: [next] });
  expect(Buffer.compare(again.bytes(), written.bytes())).toBe(0);
});

test.each([
  ['v8', []],
  ['v9', []],
  ['v10', []],
  ['v11', ['task[0].mm.vma[0]', 'task[0].files.fd[0]']],
  ['v13', ['task[0].mm.vma[0]', 'task[0].files.fd[0]']],
])('kernels of %s refuse symlinks and read-only shared mappings since v11', (name, paths) => {
  const [image] = fc.sample(
    anyImage(2).filter(({ tasks }) => (tasks[0]?.files.length ?? 0) > 0),
    { numRuns: 1, seed: 2 },
  );
  const [task] = image?.tasks ?? [];
  const [fd] = task?.files ?? [];
  const [vma] = task?.mm?.vmas ?? [];
  if (!image || !task?.mm || !fd || !vma) throw new Error('the generator gave no image');
  const files = [{ ...fd, fd: 0, file: { ...fd.file, type: 'symlink' as const } }];
  const mm = { ...task.mm, vmas: [{ ...vma, vm_flags: VM_FLAGS.MAYSHARE }] };
  const refused = writerOf(name).refusals({ ...image, tasks: [{ ...task, mm, files }] });
  expect(refused.map(({ path }) => path)).toEqual(paths);
});
