import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { MemorySink, MemorySource } from '../../../src/format/bytes/memory.js';
import { reencode } from '../../../src/format/ckpt/write/reencode.js';
import { walkRecords } from '../../../src/format/ckpt/read/walker.js';
import type { Image, Vma } from '../../../src/format/model/image.js';
import { PAGE_BYTES, vaddrOf } from '../../../src/format/model/page.js';
import { probe, readImage, readRecords } from '../../../src/format/registry.js';
import { itemJson } from '../../support/ckpt-golden.js';
import { goldenBytes, goldenJson, goldenNames } from '../../support/golden.js';

interface VmaJson {
  readonly start: number;
  readonly end: number;
  readonly type: number;
  readonly file: string | null;
  readonly pages: readonly [number, number, string][];
  readonly pages_from?: readonly [number, number];
}

interface TaskJson {
  readonly pid: number;
  readonly comm: string;
  readonly mm: number;
  readonly fds: readonly { readonly fd: number; readonly objref: number; readonly file: string | null }[];
}

const COVERS: Readonly<Record<string, string>> = { 'v21/v22': 'v21-v22', 'v23-rc2': 'v23-rc2 and later' };

async function pagesOf({ pages }: Vma, image: Image): Promise<[number, number, string][]> {
  const list: [number, number, string][] = [];
  const page = new Uint8Array(PAGE_BYTES);
  for (let run = 0; run < pages.count; run++) {
    for (let i = 0; i < (pages.nrPages[run] ?? 0); i++) {
      const offset = (pages.offset[run] ?? 0) + i * PAGE_BYTES;
      await image.contents.read(offset, page);
      const sum = createHash('sha256').update(page).digest('hex');
      list.push([Number(vaddrOf((pages.vpn[run] ?? 0) + i)), offset, sum]);
    }
  }
  return list;
}

describe.each(goldenNames('ckpt'))('%s, built independently from the specification', (name) => {
  const bytes = goldenBytes(name);
  const json = goldenJson(name);
  const tasks = json['tasks'] as TaskJson[];
  const mms = json['mms'] as { vmas: VmaJson[]; exe: string; nldt: number; objref: number }[];

  test('its records tile the stream and are what its description says', async () => {
    const records = [];
    let end = 0;
    for await (const item of walkRecords(new MemorySource(bytes))) {
      expect(item.offset).toBe(end);
      end = item.offset + item.length;
      records.push(itemJson(item, bytes));
    }
    expect(end).toBe(bytes.length);
    expect(records).toEqual(json['records']);
  });

  test('its tasks and open files are what its description says', async () => {
    const image = await readImage(new MemorySource(bytes));
    const covers = String(json['revisions']);
    expect(image.format).toMatchObject({ family: 'ckpt', wordBytes: json['word'], covers: COVERS[covers] ?? covers });
    expect(image.tasks.map((task) => [task.pid, task.threads[0].comm])).toEqual(
      tasks.map(({ pid, comm }) => [pid, comm]),
    );
    for (const [i, { fds }] of tasks.entries()) {
      const files = image.tasks[i]?.files ?? [];
      expect(files.map(({ fd, file }) => [fd, file.id])).toEqual(fds.map(({ fd, objref }) => [fd, objref]));
      const named = fds.filter(({ file }) => file !== null);
      expect(files.filter(({ fd }) => named.some((other) => other.fd === fd)).map(({ file }) => file.name)).toEqual(
        named.map(({ file }) => file),
      );
    }
  });

  test('its memory is what its description says', async () => {
    const image = await readImage(new MemorySource(bytes));
    for (const [i, task] of tasks.entries()) {
      const mm = image.tasks[i]?.mm;
      const expected = mms[task.mm];
      expect(mm?.id).toBe(expected?.objref);
      expect(mm?.exe?.name).toBe(expected?.exe);
      expect((mm?.ldt.length ?? 0) / 8).toBe(expected?.nldt);
      // mappings of segments have no file: they are called after their key
      const fileOf = ({ kind, name }: Vma): string | null => (kind === 'sysv' ? null : (name ?? null));
      expect(mm?.vmas.map((vma) => [Number(vma.vm_start), Number(vma.vm_end), fileOf(vma)])).toEqual(
        expected?.vmas.map(({ start, end, file }) => [start, end, file]),
      );
      for (const [k, vma] of (mm?.vmas ?? []).entries()) {
        const same = expected?.vmas[k]?.pages_from;
        const from = same ? mms[same[0]]?.vmas[same[1]] : expected?.vmas[k];
        if (vma.kind === 'sysv') expect(vma.shared?.sizeBytes).toBe(vma.vm_end - vma.vm_start);
        else expect(await pagesOf(vma, image)).toEqual(from?.pages);
      }
    }
  });

  test('decoded and encoded again it is the same bytes, with what stands behind TAIL', async () => {
    const longer = new Uint8Array([...bytes, 1, 2, 3]);
    const sink = new MemorySink();
    await reencode(new MemorySource(longer), sink);
    expect(Buffer.compare(sink.bytes(), longer)).toBe(0);
    const { notes } = await readImage(new MemorySource(longer));
    expect(notes).toContainEqual(expect.objectContaining({ code: 'TRAILING_BYTES' }));
  });

  test('it is told by its first bytes, and every record has a description', async () => {
    expect(await probe(new MemorySource(bytes))).toMatchObject({ family: 'ckpt', certainty: 'sure' });
    const names = [];
    for await (const record of readRecords(new MemorySource(bytes))) names.push(JSON.stringify(record) && record.name);
    expect(names).toEqual((json['records'] as { name: string }[]).map((record) => record.name));
  });
});

test('every fixture of the family was looked at', () => {
  expect(goldenNames('ckpt')).toHaveLength(3);
});
