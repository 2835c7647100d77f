import type { MappedArea, MemoryMap } from '../../../src/format/model/memory-map.js';
import { PAGE_BYTES, vaddrOf, vpnOf } from '../../../src/format/model/page.js';
import type { AddressRange } from '../../../src/inspect/address-spec.js';

/** Memory without borders in it, byte by byte. */
export interface Stretch {
  readonly space: number;
  readonly vaddr: bigint;
  readonly bytes: Uint8Array;
  /** 1 for a byte of a held page. */
  readonly isHeld: Uint8Array;
}

export interface NaiveMatch {
  readonly space: number;
  readonly vaddr: bigint;
  readonly bytes: Uint8Array;
  readonly stretch: Stretch;
  readonly at: number;
}

async function pageAt(map: MemoryMap, area: MappedArea, vpn: number): Promise<Uint8Array | 'zero' | undefined> {
  const { runs } = await area.pages.block(vpn);
  for (let i = 0; i < runs.count; i++) {
    const index = vpn - (runs.vpn[i] ?? 0);
    if (index < 0 || index >= (runs.nrPages[i] ?? 0)) continue;
    const bytes = new Uint8Array(PAGE_BYTES);
    await map.contents.read((runs.offset[i] ?? 0) + index * PAGE_BYTES, bytes);
    return bytes;
  }
  return ['anon', 'heap', 'stack'].includes(area.kind) ? 'zero' : undefined;
}

/** All memory of a map that is known, assembled a page at a time; less what `within` cuts off. */
export async function stretchesOf(map: MemoryMap, within?: AddressRange): Promise<Stretch[]> {
  const all: Stretch[] = [];
  for (const [space, { areas }] of map.spaces.entries()) {
    let [start, bytes, held]: [bigint, number[], number[]] = [0n, [], []];
    const end = (): void => {
      if (bytes.length > 0)
        all.push({ space, vaddr: start, bytes: Uint8Array.from(bytes), isHeld: Uint8Array.from(held) });
      [bytes, held] = [[], []];
    };
    for (const area of areas)
      for (let vpn = vpnOf(area.vm_start); vpn < vpnOf(area.vm_end); vpn++) {
        const page = await pageAt(map, area, vpn);
        if (page === undefined || start + BigInt(bytes.length) !== vaddrOf(vpn)) end();
        if (page === undefined) continue;
        if (bytes.length === 0) start = vaddrOf(vpn);
        for (let i = 0; i < PAGE_BYTES; i++) {
          bytes.push(page === 'zero' ? 0 : (page[i] ?? 0));
          held.push(page === 'zero' ? 0 : 1);
        }
      }
    end();
  }
  return within ? all.flatMap((stretch) => clip(stretch, within)) : all;
}

function clip({ space, vaddr, bytes, isHeld }: Stretch, range: AddressRange): Stretch[] {
  const start = Math.max(0, Number(range.start - vaddr));
  const end = Math.min(bytes.length, Number(range.end - vaddr));
  if (start >= end) return [];
  return [{ space, vaddr: vaddr + BigInt(start), bytes: bytes.slice(start, end), isHeld: isHeld.slice(start, end) }];
}

/** Leaves only `zeroBytes` of what is not held, on both sides of what is; gaps of twice as much stay. */
export function trimmed(stretch: Stretch, zeroBytes: number): Stretch[] {
  const near = new Uint8Array(stretch.bytes.length);
  for (let i = 0; i < near.length; i++)
    if (stretch.isHeld[i] === 1) near.fill(1, Math.max(0, i - zeroBytes), i + zeroBytes + 1);
  const parts: Stretch[] = [];
  for (let i = 0; i < near.length;) {
    let end = i;
    while (near[end] === near[i] && end < near.length) end++;
    const range = { start: stretch.vaddr + BigInt(i), end: stretch.vaddr + BigInt(end) };
    if (near[i] === 1) parts.push(...clip(stretch, range));
    i = end;
  }
  return parts;
}

/** Matches whose end `endOf` tells for every position; with `isOverlapping` at every one of them. */
export function naiveMatches(
  stretches: readonly Stretch[],
  endOf: (stretch: Stretch, at: number) => number,
  isOverlapping: boolean,
): NaiveMatch[] {
  const found: NaiveMatch[] = [];
  for (const stretch of stretches)
    for (let at = 0; at < stretch.bytes.length;) {
      const end = endOf(stretch, at);
      const isMatch = end > at && end <= stretch.bytes.length;
      if (isMatch && stretch.isHeld.subarray(at, end).includes(1)) {
        const vaddr = stretch.vaddr + BigInt(at);
        found.push({ space: stretch.space, vaddr, bytes: stretch.bytes.slice(at, end), stretch, at });
      }
      at = isMatch && !isOverlapping ? end : at + 1;
    }
  return found;
}
