import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MemorySink, MemorySource } from '../../../src/format/bytes/memory.js';
import { readCkpt } from '../../../src/format/ckpt/read/reader.js';
import { V18 } from '../../../src/format/ckpt/tables/revisions-2009.js';
import { V21, V23, V23_PIDS } from '../../../src/format/ckpt/tables/revisions-2010.js';
import { derive, type CkptRevision } from '../../../src/format/ckpt/tables/revision.js';
import { writeCkpt } from '../../../src/format/ckpt/write/writer.js';
import type { Image, Task } from '../../../src/format/model/image.js';
import { PAGE_BYTES, vaddrOf } from '../../../src/format/model/page.js';
import { PageRunsBuilder } from '../../../src/format/model/page-runs.js';
import { anyImage, pool } from '../../support/arbitrary-image.js';

interface Tlv {
  readonly type: number;
  readonly payload: DataView;
}

async function written(image: Image, revision: CkptRevision): Promise<Uint8Array> {
  const sink = new MemorySink();
  await writeCkpt(image, sink, revision);
  return sink.bytes();
}

/** Types and lengths alone, as the specification has them in 7.1. */
function tlvs(bytes: Uint8Array): Tlv[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const records: Tlv[] = [];
  for (let offset = 0; offset < bytes.length;) {
    const len = view.getUint32(offset + 4, true);
    expect(len).toBeGreaterThanOrEqual(8);
    const payload = new DataView(bytes.buffer, bytes.byteOffset + offset + 8, len - 8);
    records.push({ type: view.getUint32(offset, true), payload });
    offset += len;
  }
  return records;
}

/** One task with one mapping of so many pages, no two of which follow each other in the contents. */
function imageOf(pages: number, wordBytes: 4 | 8): Image {
  const [image] = fc.sample(
    anyImage(1).filter(({ format }) => format.wordBytes === wordBytes),
    { numRuns: 1, seed: 3 },
  );
  const task = image?.tasks[0];
  const vma = task?.mm?.vmas[0];
  if (!image || !task?.mm || !vma) throw new Error('the generator gave no mapping');
  const builder = new PageRunsBuilder();
  for (let i = 0; i < pages; i++) builder.add(0x100 + i, 1, ((i * 7) % (pool.length / PAGE_BYTES)) * PAGE_BYTES);
  const area = { vm_start: vaddrOf(0x100), vm_end: vaddrOf(0x100 + pages), vm_flags: 3n, name: undefined };
  const full = { ...vma, ...area, kind: 'anon' as const, pages: builder.take() };
  const mm = { ...task.mm, start_brk: 0n, start_stack: 0n, vmas: [full] };
  const alone: Task = { ...task, files: [], mm, threads: [task.threads[0]] };
  return { ...image, tasks: [alone] };
}

const PGARR = 403;

describe.each([
  [4, 16384],
  [8, 8192],
] as const)('%i-byte words', (wordBytes, most) => {
  test.each([most - 1, most, most + 1])('%i pages are cut into full chunks', async (pages) => {
    const bytes = await written(imageOf(pages, wordBytes), V21);
    const records = tlvs(bytes);
    const counts = records
      .filter(({ type }) => type === PGARR)
      .map(({ payload }) => Number(payload.getBigUint64(0, true)));
    expect(counts).toEqual(pages > most ? [most, pages - most, 0] : [pages, 0]);
    const first = records.findIndex(({ type }) => type === PGARR);
    const chunk = records[first + 1];
    expect(chunk?.payload.byteLength).toBe(Math.min(pages, most) * (wordBytes + PAGE_BYTES));
    expect(chunk?.payload.getUint32(0, true)).toBe(0x100 * PAGE_BYTES);
    expect(chunk?.payload.getUint32(wordBytes, true)).toBe(0x101 * PAGE_BYTES);
    const read = await readCkpt(new MemorySource(bytes), { revisions: [V21] });
    expect(read.tasks[0]?.mm?.vmas[0]?.pages.totalPages).toBe(pages);
  });
});

test('the records of a task stand in the order of their revision', async () => {
  const image = imageOf(0x10, 4);
  const thread = { ...(image.tasks[0] as Task).threads[0], tls: new Uint8Array(0), xstate: new Uint8Array(0) };
  const bare = { ...image, tasks: [{ ...(image.tasks[0] as Task), threads: [thread] as const }] };
  const types = async (revision: CkptRevision): Promise<number[]> =>
    tlvs(await written(bare, revision)).map(({ type }) => type);
  const memory = [401, 3, 402, 403, 3, 403, 404, 202];
  const v18 = [1, 3, 3, 3, 2, 101, 3, 102, 4, 5, 301, 5, ...memory, 104, 106, 105, 107, 604, 603, 9001];
  expect(await types(V18)).toEqual(v18);
  const newer = memory.map((type) => (type === 3 ? 4 : type));
  const container = [3, 4, 7];
  const v21 = [1, 4, 4, 4, 2, ...container, 101, 4, 102, 5, 106, 105, 107, 6, 301, 6, ...newer, 104, 604, 603, 9001];
  expect(await types(V21)).toEqual(v21);
});

test.each([
  ['v23-pids', V23_PIDS, 0],
  ['v23', V23, 1],
] as const)('%s numbers pid objects from 1', async (_, revision, offset) => {
  const image = imageOf(1, 8);
  const task = { ...(image.tasks[0] as Task), pid: 77, tgid: 77, ppid: 0, pgid: 5, sid: undefined };
  const thread = { ...task.threads[0], tid: 77, kernel: { nestedPids: [9], sections: {} } };
  const records = tlvs(await written({ ...image, tasks: [{ ...task, threads: [thread] }] }, revision));
  const at = records.findIndex(({ type }) => type === 101);
  const numbers = (view: DataView | undefined): number[] =>
    Array.from({ length: (view?.byteLength ?? 0) / 4 }, (__, i) => view?.getInt32(i * 4, true) ?? 0);
  expect(numbers(records[at]?.payload).slice(0, 3)).toEqual([2, 1, offset]);
  expect(numbers(records[at + 1]?.payload)).toEqual([1, 77, 9, 0, 5]);
  expect(numbers(records[at + 3]?.payload)).toEqual([1, -4096, 1, 2, -4096, 1]);
});

test('an architecture that the revision has no number for is refused', async () => {
  const only32 = derive(V18, { archIds: { X86_32: 1 } });
  await expect(written(imageOf(1, 8), only32)).rejects.toMatchObject({ code: 'CANNOT_HOLD' });
});
