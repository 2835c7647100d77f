import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { convertImage } from '../../../src/convert/convert.js';
import { MemorySink, MemorySource } from '../../../src/format/bytes/memory.js';
import { readIndex } from '../../../src/format/image-index/read-index.js';
import { MemoryError } from '../../../src/format/errors.js';
import { IMAGE_ID_BYTES, type Image, type Vma } from '../../../src/format/model/image.js';
import { memoryMapOf } from '../../../src/format/model/memory-map.js';
import { oneRange } from '../../../src/format/model/page-ranges.js';
import { PageRunsBuilder } from '../../../src/format/model/page-runs.js';
import { PAGE_BYTES, vaddrOf } from '../../../src/format/model/page.js';
import type { SharedMemory } from '../../../src/format/model/shared-memory.js';
import { UNCAPTURED_REASON_NAMES, type UncapturedReason } from '../../../src/format/model/uncaptured.js';
import { VM_FLAGS } from '../../../src/format/model/vm-flags.js';
import { readImage, readRecords, reencode } from '../../../src/format/registry.js';
import { openSpaces } from '../../../src/inspect/space.js';
import { digestImage } from '../../../src/inspect/digest/digest.js';
import { anyImage } from '../../support/arbitrary-image.js';
import { mmOf, writeAs, writeIndexed } from '../../support/comparable-image.js';

const START_VPN = 0x10000;
const PAGES = 8;
/** Of records of both families. */
const HEADER_BYTES = 8;
/** Of the pages, the second is held and the sixth was not captured. */
const [HELD, UNKNOWN] = [1, 5];

function heldAt(vpn: number): Vma['pages'] {
  const builder = new PageRunsBuilder();
  builder.add(vpn, 1, 0);
  return builder.take();
}

/** An image of one mapping: private, or of shared memory. */
function imageWith(reason: UncapturedReason | undefined, isShared: boolean): Image {
  const [image] = fc.sample(anyImage(1), { numRuns: 1, seed: 1 });
  const [task] = image?.tasks ?? [];
  if (!image || !task) throw new Error('the generator gave no task');
  const area = { vm_start: vaddrOf(START_VPN), vm_end: vaddrOf(START_VPN + PAGES), vm_page_prot: 0n, name: undefined };
  const ranges = oneRange(START_VPN + UNKNOWN, 1);
  const told = reason && { uncaptured: { ranges, reason } };
  const flags = VM_FLAGS.READ | VM_FLAGS.WRITE;
  const shared: SharedMemory = {
    ...{ id: undefined, sizeBytes: BigInt(PAGES * PAGE_BYTES), pages: heldAt(HELD) },
    ...(reason && { uncaptured: { ranges: oneRange(UNKNOWN, 1), reason } }),
  };
  const common = { ...area, vm_pgoff: 0n, pages: heldAt(START_VPN + HELD), ...told };
  const vma: Vma = isShared
    ? { ...common, vm_flags: flags | VM_FLAGS.SHARED | VM_FLAGS.MAYSHARE, kind: 'shared-anon', shared }
    : { ...common, vm_flags: flags, kind: 'anon' };
  const contents = new MemorySource(new Uint8Array(PAGE_BYTES).fill(7), 'contents');
  const addresses = { start_brk: 0n, brk: 0n, start_stack: 0n };
  const mm = { ...mmOf(task), ...addresses, vmas: [vma], ldt: new Uint8Array(0) };
  const format = { ...image.format, wordBytes: 8 as const };
  const header = { ...image.header, uname: { ...image.header.uname, machine: 'x86_64' } };
  return { ...image, format, header, contents, tasks: [{ ...task, mm }] };
}

function writeIncrement(image: Image, revision: string): Promise<Uint8Array> {
  return writeAs({ ...image, parent: { path: 'parent', id: new Uint8Array(IMAGE_ID_BYTES) } }, revision);
}

async function read(bytes: Uint8Array): Promise<Image> {
  return readImage(new MemorySource(bytes));
}

/** What reading each page gives: its first byte, or the code of the error. */
async function pagesOf(map: Parameters<typeof openSpaces>[0]): Promise<(number | string)[]> {
  const [space] = openSpaces(map);
  const found: (number | string)[] = [];
  for (let i = 0; i < PAGES; i++) {
    const got = await space?.read(vaddrOf(START_VPN + i), 1).then(
      ([byte]) => byte,
      (error: unknown) => (error instanceof MemoryError ? error.code : String(error)),
    );
    found.push(got ?? 'no space');
  }
  return found;
}

const EXPECTED = [0, 7, 0, 0, 0, 'NOT_IN_IMAGE', 0, 0];
const CASES = ['v8', 'v11', 'v18', 'v23'].flatMap((revision) =>
  [false, true].map((isShared) => [revision, isShared] as const),
);

describe.each(CASES)('%s, shared: %s', (revision, isShared) => {
  // the cr family has no objects: other pages of a shared mapping are what is mapped has
  const absent = isShared && ['v8', 'v11'].includes(revision) ? 'NOT_IN_IMAGE' : 0;
  const expected = EXPECTED.map((page) => (page === 0 ? absent : page));

  const REASONS = UNCAPTURED_REASON_NAMES.flatMap((reason) => [
    [reason, 'its index', writeIndexed] as const,
    [reason, 'the stream of an incremental image', writeIncrement] as const,
  ]);

  test.each(REASONS)('pages that were not captured (%s) are not known, by %s', async (reason, _by, write) => {
    const bytes = await write(imageWith(reason, isShared), revision);
    const image = await read(bytes);
    const [vma] = mmOf(image.tasks[0]).vmas;
    expect(vma?.uncaptured).toEqual({ reason, ranges: oneRange(START_VPN + UNKNOWN, 1) });
    expect(await pagesOf(memoryMapOf(image))).toEqual(expected);
    const sink = new MemorySink();
    await reencode(new MemorySource(bytes), sink);
    expect(Buffer.compare(sink.bytes(), bytes)).toBe(0);
  });

  test('an index says the same', async () => {
    const stored = await readIndex(new MemorySource(await writeIndexed(imageWith('unreadable', isShared), revision)));
    if (!stored) throw new Error('there is no index');
    expect(stored.map.spaces[0]?.areas[0]?.uncaptured?.reason).toBe('unreadable');
    expect(await pagesOf(stored.map)).toEqual(expected);
  });

  test('a digest tells it from zeros', async () => {
    const [known, unknown] = [imageWith(undefined, isShared), imageWith('excluded', isShared)];
    const digests = await Promise.all(
      [known, unknown].map(async (image) => (await digestImage(await read(await writeIndexed(image, revision)))).id),
    );
    expect(digests[0]).not.toBe(digests[1]);
  });

  test('a stream that kernels could read has no record of it; without an index that is a loss', async () => {
    const image = imageWith('dontdump', isShared);
    const sink = new MemorySink();
    const { losses } = await convertImage(image, sink, { to: revision, index: false });
    expect(losses.map(({ what }) => what)).toContain('which pages were not captured');
    expect(Buffer.compare(sink.bytes(), await writeAs(imageWith(undefined, isShared), revision))).toBe(0);
    expect(mmOf((await read(sink.bytes())).tasks[0]).vmas[0]?.uncaptured).toBeUndefined();
  });
});

test.each(['v11', 'v23'])('%s: a reason that stands for nothing is an error', async (revision) => {
  const bytes = (await writeIncrement(imageWith('excluded', false), revision)).slice();
  const records = readRecords(new MemorySource(bytes));
  let at: number | undefined;
  for await (const { name, offset } of records) if (name === 'UNCAPTURED') at = offset + HEADER_BYTES;
  if (at === undefined) throw new Error('the record is not there');
  new DataView(bytes.buffer).setUint32(at, 99, true);
  await expect(read(bytes)).rejects.toMatchObject({ code: 'BAD_FIELD' });
});
