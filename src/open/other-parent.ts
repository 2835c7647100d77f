import { equalRanges } from '../format/bytes/fast-bytes.js';
import { readExactly, type ByteSource } from '../format/bytes/source.js';
import { hexNumber } from '../format/layout/unit.js';
import type { Image, Task } from '../format/model/image.js';
import { PAGE_BYTES, vaddrOf } from '../format/model/page.js';
import { firstRunFrom, type PageRuns } from '../format/model/page-runs.js';
import { kernelItemsIn, mappedIn } from '../inspect/shared-memory.js';
import { resolveLayer, sharedById } from './resolve-layer.js';

/** Contents of the image itself are put behind here, where no parent has any. */
const OWN_BASE = 2 ** 52;
const PIECE_BYTES = 256 * 1024;

/** A mapping, or shared memory, with the pages that one of two parents has for it. */
interface Part {
  readonly name: (vpn: number) => string;
  readonly pages: PageRuns;
}

export interface OtherParentOptions {
  /** Looked at before each piece of memory. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Whether another parent has all that an incremental image takes from its own: the same pages with the same contents, and
 * objects of the same number and size.
 *
 * @param child           as `readImage` gives it
 * @param before, after   its parent and the other image, each opened with its ancestors
 * @returns  the first thing that differs, in words; undefined if nothing does
 * @throws {FormatError} `BAD_REFERENCE` as opening the chain does, `TRUNCATED`; the reason of the signal
 */
export async function differenceToParent(
  child: Image,
  before: Image,
  after: Image,
  { signal }: OtherParentOptions = {},
): Promise<string | undefined> {
  const otherObject = objectThatDiffers(child, before, after);
  if (otherObject !== undefined) return otherObject;
  const buffers = [new Uint8Array(PIECE_BYTES), new Uint8Array(PIECE_BYTES)] as const;
  const others = partsOver(child, after.tasks);
  for (const [i, part] of partsOver(child, before.tasks).entries()) {
    const other = others[i]?.pages;
    if (!other) continue;
    const difference = await differenceIn(part, other, [before.contents, after.contents], buffers, signal);
    if (difference !== undefined) return difference;
  }
  return undefined;
}

/** The memory of an image over the tasks of a parent, always in the same order. */
function partsOver(child: Image, parentTasks: readonly Task[]): Part[] {
  const { tasks } = resolveLayer(child, OWN_BASE, parentTasks);
  const parts = new Map<object, Part>();
  const ofObject = (index: number): string => `page ${String(index)} of shared memory`;
  for (const { pid, vma } of mappedIn(tasks)) {
    const ofProcess = (vpn: number): string => `page ${hexNumber(vaddrOf(vpn))} of process ${String(pid)}`;
    const { shared } = vma;
    if (shared) parts.set(shared, { pages: shared.pages, name: ofObject });
    else parts.set(vma, { pages: vma.pages, name: ofProcess });
  }
  for (const item of kernelItemsIn({ ...child, tasks }))
    if (item.kind === 'memory') parts.set(item.memory, { pages: item.memory.pages, name: ofObject });
  return [...parts.values()];
}

/** Objects that the image calls by their number in its parent must be there under that number, of the same size. */
function objectThatDiffers({ tasks }: Image, before: Image, after: Image): string | undefined {
  const [known, others] = [sharedById(before.tasks), sharedById(after.tasks)];
  for (const { parentId } of sharedById(tasks).values()) {
    if (parentId === undefined) continue;
    const [own, other] = [known.get(parentId), others.get(parentId)];
    if (own && own.sizeBytes === other?.sizeBytes) continue;
    const size = other === undefined ? 'is not there' : `has ${String(other.sizeBytes)} bytes`;
    return `shared memory ${String(parentId)} of ${String(own?.sizeBytes ?? 0n)} bytes ${size}`;
  }
  return undefined;
}

async function differenceIn(
  { name, pages }: Part,
  others: PageRuns,
  [before, after]: readonly [ByteSource, ByteSource],
  [a, b]: readonly [Uint8Array, Uint8Array],
  signal: AbortSignal | undefined,
): Promise<string | undefined> {
  for (let run = 0; run < pages.count; run++) {
    const [first, offset] = [pages.vpn[run] ?? 0, pages.offset[run] ?? 0];
    if (offset >= OWN_BASE) continue;
    const end = first + (pages.nrPages[run] ?? 0);
    for (let vpn = first; vpn < end;) {
      signal?.throwIfAborted();
      const other = firstRunFrom(others, vpn);
      const otherVpn = others.vpn[other] ?? Infinity;
      if (otherVpn > vpn) return `${name(vpn)} is not there`;
      const most = Math.min(end, otherVpn + (others.nrPages[other] ?? 0), vpn + PIECE_BYTES / PAGE_BYTES);
      const length = (most - vpn) * PAGE_BYTES;
      await readExactly(before, offset + (vpn - first) * PAGE_BYTES, a.subarray(0, length), 'page contents');
      const at = (others.offset[other] ?? 0) + (vpn - otherVpn) * PAGE_BYTES;
      await readExactly(after, at, b.subarray(0, length), 'page contents');
      for (; vpn < most; vpn++) {
        const within = length - (most - vpn) * PAGE_BYTES;
        if (!equalRanges(a, within, b, within, PAGE_BYTES)) return `${name(vpn)} is another one`;
      }
    }
  }
  return undefined;
}
