import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { showLines } from '../../src/cli/render/show.js';
import { PLAIN } from '../../src/cli/render/palette.js';
import { convertImage } from '../../src/convert/convert.js';
import { MemorySink, MemorySource } from '../../src/format/bytes/memory.js';
import { REVISIONS as CKPT_REVISIONS, derive as deriveCkpt } from '../../src/format/ckpt/tables/revision.js';
import { V23 } from '../../src/format/ckpt/tables/revisions-2010.js';
import { struct } from '../../src/format/ckpt/tables/tail.js';
import { REVISIONS as CR_REVISIONS, V11, derive as deriveCr } from '../../src/format/cr/tables/revision.js';
import { VMA_TYPES } from '../../src/format/cr/tables/vma.js';
import { gap, s32, u32, u64 } from '../../src/format/layout/field.js';
import { layout } from '../../src/format/layout/layout.js';
import { count, enumOf, flagsOf, hex, id, opaque, pages, vaddr } from '../../src/format/layout/unit.js';
import type { Image } from '../../src/format/model/image.js';
import { VM_FLAGS } from '../../src/format/model/vm-flags.js';
import { readImage, readRecords, writerFor, type KnownRevisions } from '../../src/format/registry.js';
import { describeImage } from '../../src/inspect/describe.js';
import { diffImages } from '../../src/inspect/diff.js';
import { verifyImage } from '../../src/inspect/verify.js';
import { anyImage } from '../support/arbitrary-image.js';
import { goldenBytes } from '../support/golden.js';
import { runs } from '../support/seed.js';

/** A cr revision that never was: other numbers, and a VMA with its fields in another order. */
const NEXT_CR = deriveCr(V11, {
  name: 'next',
  covers: 'next',
  headRevs: [4],
  types: { TREE: 111, VMA: 222, STRING: 44 },
  layouts: {
    VMA: [
      layout('VMA', [
        ['vm_start', u64, vaddr, 'first byte'],
        ['vm_end', u64, vaddr, 'first byte after'],
        ['vm_flags', u64, flagsOf(VM_FLAGS), ''],
        ['vm_page_prot', u64, hex, ''],
        ['vma_type', u32, enumOf(VMA_TYPES), ''],
        ['pad', gap, opaque, ''],
        ['vm_pgoff', u64, pages, ''],
      ]),
    ],
  },
});

/** A ckpt revision that never was: other numbers, RESTART_BLOCK last but one, and a FILE_DESC with its fields turned round. */
const NEXT_CKPT = deriveCkpt(V23, {
  name: 'next',
  covers: 'next',
  headRevs: [7],
  types: { TREE: 199, MM: 499, CPU: 188 },
  objects: { FILE: 77 },
  body: [
    'THREAD',
    'CPU',
    'creds',
    'ns',
    'files',
    'mm',
    'fs',
    'sem_undo',
    'sighand',
    'TASK_OBJS',
    'signal',
    'RESTART_BLOCK',
    'pending',
  ],
  shapes: {
    FILE_DESC: struct(
      layout('FILE_DESC', [
        ['fd_close_on_exec', u32, count, ''],
        ['fd_descriptor', s32, id, ''],
        ['fd_objref', s32, id, ''],
        ['pad', gap, opaque, ''],
      ]),
    ),
  },
});

const NEXT = { cr: NEXT_CR, ckpt: NEXT_CKPT };
const REVISIONS: KnownRevisions = {
  cr: [...CR_REVISIONS, NEXT_CR],
  ckpt: [...CKPT_REVISIONS, NEXT_CKPT],
};

async function converted(image: Image, family: 'cr' | 'ckpt'): Promise<Uint8Array> {
  const sink = new MemorySink();
  const { to } = await convertImage(image, sink, { to: writerFor(NEXT[family]), index: false });
  expect(to).toBe('next');
  return sink.bytes();
}

const read = (bytes: Uint8Array): Promise<Image> => readImage(new MemorySource(bytes), { revisions: REVISIONS });

describe.each(['cr', 'ckpt'] as const)('a %s revision made of a few lines', (family) => {
  test('is converted to and from, shown, listed and verified', async () => {
    await fc.assert(
      fc.asyncProperty(anyImage(3), async (image) => {
        const bytes = await converted(image, family);
        const back = await read(bytes);
        expect(back.format.revision).toBe('next');
        expect([...showLines(describeImage(back), PLAIN)][0]).toContain(`${family} next`);
        const known = new MemorySink();
        const old = { cr: V11, ckpt: V23 }[family];
        await convertImage(back, known, { to: writerFor(old) });
        expect((await diffImages(back, await readImage(new MemorySource(known.bytes())))).isDifferent).toBe(false);
        const { format, findings } = await verifyImage('next', (options) =>
          readImage(new MemorySource(bytes), { ...options, revisions: REVISIONS }),
        );
        expect([format?.revision, findings]).toEqual(['next', []]);
        let end = 0;
        const names = new Set<string>();
        for await (const { offset, length, name } of readRecords(new MemorySource(bytes), REVISIONS)) {
          expect(offset).toBe(end);
          end += length;
          names.add(name);
        }
        expect(end).toBe(bytes.length);
        expect(names.has('VMA')).toBe(true);
      }),
      runs(10),
    );
  });

  test('is damaged like any other', async () => {
    const [image] = fc.sample(anyImage(2), { numRuns: 1, seed: 3 });
    if (!image) throw new Error('the generator gave no image');
    const bytes = (await converted(image, family)).slice(0, -8);
    await expect(read(bytes)).rejects.toMatchObject({ code: 'TRUNCATED', offset: bytes.length });
  });

  test('and the others are still told apart', async () => {
    const golden = family === 'cr' ? 'D2-v11-x86_64' : 'J3-single-x86_64';
    const revision = family === 'cr' ? 'v11' : 'v23';
    expect((await read(goldenBytes(golden))).format.revision).toBe(revision);
    await expect(
      readImage(new MemorySource(goldenBytes(golden)), { revisions: { [family]: [NEXT[family]] } }),
    ).rejects.toMatchObject({ code: 'BAD_FIELD', path: 'head' });
  });
});
