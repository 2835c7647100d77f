import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { salvageImage } from '../../src/convert/salvage.js';
import { MemorySink, MemorySource } from '../../src/format/bytes/memory.js';
import { V23 } from '../../src/format/ckpt/tables/revisions-2010.js';
import { CritError, MemoryError } from '../../src/format/errors.js';
import { extensionOfType } from '../../src/format/linux-cr/extension.js';
import type { Image, Vma } from '../../src/format/model/image.js';
import { memoryMapOf } from '../../src/format/model/memory-map.js';
import { PAGE_BYTES, vaddrOf, vpnOf } from '../../src/format/model/page.js';
import { VM_FLAGS } from '../../src/format/model/vm-flags.js';
import { readImage, readRecords, writerOf } from '../../src/format/registry.js';
import { openSpaces } from '../../src/inspect/space.js';
import { openChain } from '../../src/open/chain.js';
import { anyCkptImage } from '../support/arbitrary-ckpt-image.js';
import { anyImage } from '../support/arbitrary-image.js';
import { memoryFile, writeChain, type Files } from '../support/memory-chain.js';
import { splitImage } from '../support/split-image.js';

/** Contents of pages by process and address; `undefined` where they are not known. */
type Truth = ReadonlyMap<string, string | undefined>;

/** Pages of a mapping that are looked at. */
const MOST_PAGES = 40;

async function truthOf(image: Image): Promise<Truth> {
  const truth = new Map<string, string | undefined>();
  const map = memoryMapOf(image);
  for (const space of openSpaces(map))
    for (const { vm_start, vm_end } of space.areas)
      for (let vpn = vpnOf(vm_start), i = 0; vpn < vpnOf(vm_end) && i < MOST_PAGES; vpn++, i++) {
        const page = await space.read(vaddrOf(vpn), PAGE_BYTES).catch((error: unknown) => {
          if (error instanceof MemoryError) return undefined;
          throw error;
        });
        for (const pid of space.pids)
          truth.set(`${String(pid)} ${vpn.toString(16)}`, page && Buffer.from(page).toString('latin1'));
      }
  return truth;
}

interface Sample {
  readonly files: Files;
  readonly child: Uint8Array;
  readonly truth: Truth;
}

/**
 * With memory that reads as zero where it has no pages, and offsets that mappings of files can have, so that one whose file is
 * lost has a place in an object.
 */
function withPlainMemory(image: Image): Image {
  const tasks = image.tasks.map((task) => {
    const vmas = task.mm?.vmas.map((vma): Vma => {
      if (vma.shared) return vma;
      const { file: _, fileBytes: __, hugetlb_shift: ___, ...rest } = vma;
      if (vma.pages.count === 0) return { ...vma, vm_pgoff: vma.vm_pgoff & 0xffffn };
      return { ...rest, kind: 'anon', name: undefined, vm_flags: VM_FLAGS.READ | VM_FLAGS.WRITE };
    });
    const addresses = { start_brk: 0n, brk: 0n, start_stack: 0n };
    return { ...task, mm: task.mm && vmas && { ...task.mm, ...addresses, vmas } };
  });
  return { ...image, tasks };
}

async function sample(revision: string): Promise<Sample> {
  const [cr] = fc.sample(
    anyImage(3).filter(({ tasks }) => new Set(tasks.map(({ pid }) => pid)).size === tasks.length),
    { numRuns: 1, seed: 17 },
  );
  const ckpt = fc
    .sample(anyCkptImage(V23), { numRuns: 60, seed: 5 })
    .find(({ tasks }) => tasks.some(({ mm }) => mm?.vmas.some(({ shared }) => (shared?.pages.totalPages ?? 0) > 2)));
  const image =
    revision === 'v11' ? cr && withPlainMemory(cr) : ckpt && writerOf(revision).held(withPlainMemory(ckpt)).image;
  if (!image) throw new Error('the generator gave no image');
  const files: Files = new Map();
  const last = await writeChain(splitImage(image, 2, 5), revision, files);
  const chain = await openChain(memoryFile(files, last));
  return { files, child: files.get(last) ?? new Uint8Array(0), truth: await truthOf(chain) };
}

/** Whether it was saved, and then whatever is known of its pages is what the image had. */
async function savedIsTrue({ files, truth }: Sample, damaged: Uint8Array, what: string): Promise<boolean> {
  const sink = new MemorySink();
  try {
    await salvageImage((options) => readImage(new MemorySource(damaged), options), sink);
  } catch (error) {
    if (error instanceof CritError) return false;
    throw error;
  }
  const whole = new Map([...files, ['saved.img', sink.bytes()]]);
  const saved = await openChain(memoryFile(whole, 'saved.img'), { onMissingParent: () => undefined });
  let known = 0;
  for (const [place, page] of await truthOf(saved)) {
    if (page === undefined || !truth.has(place)) continue;
    known++;
    if (page !== truth.get(place))
      throw new Error(
        `${what}: page ${place} is another one: ${page.slice(0, 8)} for ${truth.get(place)?.slice(0, 8) ?? 'none'}`,
      );
  }
  return known > 0;
}

async function recordsOf(bytes: Uint8Array) {
  const records = [];
  for await (const { name, type, offset, length } of readRecords(new MemorySource(bytes)))
    records.push({ name, isOwn: type !== null && extensionOfType(type) !== undefined, offset, length });
  return records;
}

describe.each(['v11', 'v23'])('%s: what is saved of an incremental image has no wrong pages', (revision) => {
  test('wherever it ends', async () => {
    const given = await sample(revision);
    let saved = 0;
    const ends = (await recordsOf(given.child)).flatMap(({ offset, length, isOwn }) =>
      isOwn ? [offset, offset + 9, offset + length - 3, offset + length] : [offset, offset + (length >> 1)],
    );
    for (const end of ends.filter((_, i) => i % 3 === 0 || ends.length < 600))
      if (await savedIsTrue(given, given.child.slice(0, end), `cut at ${String(end)}`)) saved++;
    expect(saved).toBeGreaterThan(5);
  });

  test('whichever record of ours is gone, cut short, or has another number or length', async () => {
    const given = await sample(revision);
    const { child } = given;
    let saved = 0;
    for (const { name, isOwn, offset, length } of await recordsOf(child)) {
      if (!isOwn) continue;
      const changes: readonly (readonly [string, (bytes: Buffer) => Uint8Array])[] = [
        ['short of four bytes', (bytes) => Buffer.concat([bytes.subarray(0, offset + 8), bytes.subarray(offset + 12)])],
        ['of a strange number', (bytes) => bytes.fill(0x6e, offset, offset + 1)],
        ['of another length', (bytes) => bytes.fill(0x11, offset + 4, offset + 5)],
        ['of no length', (bytes) => bytes.fill(0, offset + (revision === 'v11' ? 2 : 4), offset + 4)],
        ['overwritten', (bytes) => bytes.fill(0xa5, offset, offset + length)],
        ['with wrong ranges', (bytes) => bytes.fill(0xff, offset + 8, offset + length)],
      ];
      for (const [how, change] of changes)
        if (await savedIsTrue(given, change(Buffer.from(child)), `${name} at ${String(offset)} ${how}`)) saved++;
    }
    expect(saved).toBeGreaterThan(5);
  });

  test('whatever bytes are overwritten by others that are no records', async () => {
    const given = await sample(revision);
    const records = await recordsOf(given.child);
    const heads = records.filter(({ name }) => name !== 'raw:pages');
    let saved = 0;
    for (const [i, { offset, name }] of heads.entries()) {
      if (i % 4 !== 0) continue;
      const bytes = given.child.slice().fill(0xee, offset, offset + 8);
      if (await savedIsTrue(given, bytes, `header of ${name} at ${String(offset)}`)) saved++;
    }
    expect(saved).toBeGreaterThan(2);
  });
});
