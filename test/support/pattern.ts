import { createHash } from 'node:crypto';
import type { HashedPage } from './truth.js';
import type { Region } from './target.js';

const PAGE_BYTES = 4096;

/** The page at `vaddr` as shapes.c fills it: a function of seed and address alone. */
export function patternPage(seed: number, vaddr: number): Uint8Array {
  const words = new Uint32Array(PAGE_BYTES / 4);
  for (let i = 0; i < words.length; i++) {
    let x = seed ^ Math.imul(vaddr / PAGE_BYTES, 2654435761) ^ Math.imul(i * 4, 40503);
    x ^= x >>> 15;
    x = Math.imul(x, 2246822519);
    words[i] = x ^ (x >>> 13);
  }
  return new Uint8Array(words.buffer);
}

function hashOf(page: Uint8Array): string {
  return createHash('sha256').update(page).digest('hex');
}

const ZERO_HASH = hashOf(new Uint8Array(PAGE_BYTES));
/** What shapes.c makes of pages of shared memory. */
const ONE_HASH = hashOf(Uint8Array.from({ length: PAGE_BYTES }, (_, i) => (i === 0 ? 1 : 0)));

/** What each letter of shapes.c allows a page of an image to be: a hash, or undefined for a page that is not dumped. */
function allowed(region: Region, letter: string, seed: number, vaddr: number): (string | undefined)[] {
  if (letter === 'P') return [hashOf(patternPage(seed, vaddr))];
  if (letter === 'Z' && region.name.includes('file')) return [ZERO_HASH];
  if (letter === 'Z' || letter === 'R') return [ZERO_HASH, undefined];
  if (letter === 'S' && !region.name.includes('file')) return [ONE_HASH];
  return [undefined];
}

function faultsOfRegion(region: Region, seed: number, pages: ReadonlyMap<number, string>): string[] {
  const faults: string[] = [];
  for (let i = 0; i < region.length / PAGE_BYTES; i++) {
    const vaddr = region.start + i * PAGE_BYTES;
    const letter = region.pages.charAt(i % region.pages.length);
    if (!allowed(region, letter, seed, vaddr).includes(pages.get(vaddr)))
      faults.push(`${region.name}, page ${i} (${letter}) is ${pages.get(vaddr) ?? 'absent'}`);
  }
  return faults;
}

/** Where the pages of an image are not what shapes.c said it made; empty when all is well. */
export function patternFaults(regions: readonly Region[], seed: number, pages: readonly HashedPage[]): string[] {
  const byAddress = new Map(pages);
  const isHuge = (region: Region): boolean => region.length >= 2 ** 40;
  const within = (region: Region, vaddr: number): boolean =>
    vaddr >= region.start && vaddr < region.start + region.length;
  const small = regions.filter((region) => !isHuge(region));
  const inReservations = pages.filter(([vaddr]) => regions.some((region) => isHuge(region) && within(region, vaddr)));
  return [
    ...small.flatMap((region) => faultsOfRegion(region, seed, byAddress)),
    ...inReservations.map(([vaddr]) => `0x${vaddr.toString(16)} lies in an untouched reservation`),
  ];
}
