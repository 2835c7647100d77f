import type { BytesPattern, SearchPattern } from './pattern.js';

/** How far around a place one has to see to tell whether there is a match, and to show it. In bytes. */
export interface Reach {
  /** What must be at hand before the first byte of a match, and behind it. */
  readonly behind: number;
  readonly ahead: number;
  /** Zeros of pages that are not held, before held memory and behind it. */
  readonly zerosBefore: number;
  readonly zerosAfter: number;
  /** So many zeros between held pages do not part them. */
  readonly bridge: number;
}

/** How many bytes of a pattern can be zero from one end of it on; never all. */
function zerosFrom(pattern: BytesPattern, start: number, step: 1 | -1): number {
  const { bytes } = pattern;
  let zeros = 0;
  // what any byte matches is zero in `bytes`
  while (zeros < bytes.length - 1 && bytes[start + step * zeros] === 0) zeros++;
  return zeros;
}

function reachOfBytes(pattern: BytesPattern): Reach {
  const { length } = pattern.bytes;
  // an aligned integer lies in one page
  if (pattern.alignBytes > 1) return { behind: 0, ahead: length - 1, zerosBefore: 0, zerosAfter: 0, bridge: 0 };
  const zerosBefore = zerosFrom(pattern, 0, 1);
  const zerosAfter = zerosFrom(pattern, length - 1, -1);
  return {
    behind: 0,
    ahead: length - 1,
    zerosBefore,
    zerosAfter,
    bridge: Math.max(zerosBefore + zerosAfter, length - 2),
  };
}

function reachOfPattern(pattern: SearchPattern): Reach {
  if (pattern.kind === 'bytes') return reachOfBytes(pattern);
  if (pattern.kind === 'word')
    // a whole word, so that pieces begin at words
    return { behind: 0, ahead: pattern.wordBytes, zerosBefore: 0, zerosAfter: 0, bridge: 0 };
  const { longestBytes, zeroBytes } = pattern;
  const zeros = { zerosBefore: zeroBytes, zerosAfter: zeroBytes, bridge: 2 * zeroBytes };
  // one byte more than a match, so that none ends where the piece does
  return { behind: longestBytes, ahead: longestBytes + 1, ...zeros };
}

/** @param contextBytes  what is wanted of memory before and behind each match */
export function reachOf(pattern: SearchPattern, contextBytes: number): Reach {
  const { behind, ahead, zerosBefore, zerosAfter, bridge } = reachOfPattern(pattern);
  const zeros = { before: Math.max(zerosBefore, contextBytes), after: Math.max(zerosAfter, contextBytes) };
  return {
    behind: Math.max(behind, contextBytes),
    ahead: ahead + contextBytes,
    zerosBefore: zeros.before,
    zerosAfter: zeros.after,
    bridge: Math.max(bridge, zeros.before + zeros.after),
  };
}
