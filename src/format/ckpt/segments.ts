import { SEGMENTS } from './tables/cpu.js';

/** Bits of a selector below its index: privilege level 3, and whether the table is the LDT. */
const GDT_USER = 3;
const LDT_USER = 7;
const INDEX_SHIFT = 3;

const TLS_COUNT = 3;
const LDT_INDEX_MAX = 8191;

interface Selectors {
  /** By code. Of two codes for one selector the later one is written. */
  readonly fixed: readonly (readonly [code: number, selector: number])[];
  /** Index of the first TLS descriptor in the GDT. */
  readonly firstTls: number;
}

/** Selectors of the user segments of 2.6.27 to 2.6.36, by the bytes of a long. Source: spec/cr-stream.md 8.7. */
const SELECTORS: Readonly<Record<4 | 8, Selectors>> = {
  4: {
    fixed: [
      [SEGMENTS.NULL, 0],
      [SEGMENTS.USER32_CS, 0x73],
      [SEGMENTS.USER32_DS, 0x7b],
    ],
    firstTls: 6,
  },
  8: {
    fixed: [
      [SEGMENTS.NULL, 0],
      [SEGMENTS.USER32_CS, 0x23],
      [SEGMENTS.USER32_DS, 0x2b],
      [SEGMENTS.USER64_CS, 0x33],
      [SEGMENTS.USER64_DS, 0x2b],
    ],
    firstTls: 12,
  },
};

/** The selector that a segment code stands for; undefined for a code that no kernel writes. */
export function selectorOf(code: number, wordBytes: 4 | 8): bigint | undefined {
  const { fixed, firstTls } = SELECTORS[wordBytes];
  const known = fixed.find(([candidate]) => candidate === code);
  if (known) return BigInt(known[1]);
  const ldtIndex = code - SEGMENTS.LDT;
  if (ldtIndex >= 0) return ldtIndex <= LDT_INDEX_MAX ? BigInt((ldtIndex << INDEX_SHIFT) | LDT_USER) : undefined;
  const tls = code - SEGMENTS.TLS;
  return tls >= 0 && tls < TLS_COUNT ? BigInt(((firstTls + tls) << INDEX_SHIFT) | GDT_USER) : undefined;
}

/** The code of a selector; undefined for a segment that no user task has. */
export function segmentCodeOf(selector: bigint, wordBytes: 4 | 8): number | undefined {
  const { fixed, firstTls } = SELECTORS[wordBytes];
  const known = fixed.findLast(([, candidate]) => BigInt(candidate) === selector);
  if (known) return known[0];
  const index = Number(selector >> BigInt(INDEX_SHIFT));
  const low = Number(selector) & LDT_USER;
  if (low === LDT_USER) return index <= LDT_INDEX_MAX ? SEGMENTS.LDT | index : undefined;
  const tls = index - firstTls;
  return low === GDT_USER && tls >= 0 && tls < TLS_COUNT ? SEGMENTS.TLS | tls : undefined;
}
