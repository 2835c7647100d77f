// The digest of pages once more: a page at a time, synchronously, with another SHA-256.
import { createHash } from 'node:crypto';
import type { ByteSource } from '../../src/format/bytes/source.js';
import type { Image, Vma } from '../../src/format/model/image.js';
import { PAGE_BYTES } from '../../src/format/model/page.js';
import type { PageRuns } from '../../src/format/model/page-runs.js';
import { VMA_KINDS } from '../../src/format/model/vma-kind.js';

const BLOCK_PAGES = 256n;

function sha256(...parts: readonly Uint8Array[]): Buffer {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
}

type Blocks = Map<bigint, { bitmap: Uint8Array; pages: Uint8Array[] }>;

async function blocksOf(runs: PageRuns, isZeroBacked: boolean, contents: ByteSource): Promise<Blocks> {
  const blocks: Blocks = new Map();
  for (let run = 0; run < runs.count; run++) {
    for (let i = 0; i < (runs.nrPages[run] ?? 0); i++) {
      const page = new Uint8Array(PAGE_BYTES);
      await contents.read((runs.offset[run] ?? 0) + i * PAGE_BYTES, page);
      if (isZeroBacked && page.every((byte) => byte === 0)) continue;
      const vpn = BigInt((runs.vpn[run] ?? 0) + i);
      const block = blocks.get(vpn / BLOCK_PAGES) ?? { bitmap: new Uint8Array(32), pages: [] };
      blocks.set(vpn / BLOCK_PAGES, block);
      const bit = Number(vpn % BLOCK_PAGES);
      block.bitmap[bit >> 3] = (block.bitmap[bit >> 3] ?? 0) + 2 ** (bit & 7);
      block.pages.push(page);
    }
  }
  return blocks;
}

/** Whether a page of zeros is as good as none. */
export function isZeroAbsent({ kind, uncaptured }: Pick<Vma, 'kind' | 'uncaptured'>): boolean {
  return (VMA_KINDS[kind].absent === 'zero' || VMA_KINDS[kind].contents === 'object') && !uncaptured;
}

/** The digest of the pages of one mapping, in hex. */
export async function naivePagesDigest(runs: PageRuns, isZeroBacked: boolean, contents: ByteSource): Promise<string> {
  const entries: Buffer[] = [];
  for (const [index, { bitmap, pages }] of await blocksOf(runs, isZeroBacked, contents)) {
    const number = Buffer.alloc(8);
    number.writeBigUInt64LE(index);
    entries.push(number, sha256(bitmap, ...pages));
  }
  return sha256(...entries).toString('hex');
}

function text(value: string): Buffer {
  return Buffer.from(`${String(Buffer.byteLength(value))}:${value}`);
}

/** A list in bencode of what is in bencode already. */
function list(...parts: readonly Uint8Array[]): Buffer {
  return Buffer.concat([Buffer.from('l'), ...parts, Buffer.from('e')]);
}

function bytes(hex: string): Buffer {
  return Buffer.concat([Buffer.from('32:'), Buffer.from(hex, 'hex')]);
}

/** What stands for all pages of an image, in hex; `hidden` are the digests of pages of shared memory that nothing shows. */
export async function naiveImagePages(image: Image, hidden: readonly string[] = []): Promise<string> {
  const spaces: Buffer[] = [];
  for (const mm of new Set(image.tasks.map((task) => task.mm))) {
    if (!mm) continue;
    const vmas: Buffer[] = [];
    for (const vma of mm.vmas) {
      const { vm_start, vm_end, pages } = vma;
      const digest = await naivePagesDigest(pages, isZeroAbsent(vma), image.contents);
      vmas.push(list(Buffer.from(`i${String(vm_start)}e`), Buffer.from(`i${String(vm_end)}e`), bytes(digest)));
    }
    spaces.push(bytes(sha256(list(text('crit-digest-2'), text('space'), ...vmas)).toString('hex')));
  }
  return sha256(list(text('crit-digest-2'), text('pages'), list(...spaces), list(...hidden.map(bytes)))).toString(
    'hex',
  );
}

/** The id, of the digests of structure and pages. */
export function naiveId(structure: string, pages: string): string {
  return sha256(list(text('crit-digest-2'), text('image'), bytes(structure), bytes(pages))).toString('hex');
}
