import type { Finder } from './finder.js';
import { latin1Text } from './latin1.js';
import { segmentEnd } from './layout.js';
import type { RegexPattern } from './pattern.js';

/** The end of the match at `at`, when nothing behind `at + longestBytes` is seen. -1 if there is none then. */
function endOfCut(text: string, at: number, sticky: RegExp, longestBytes: number): number {
  sticky.lastIndex = at;
  return sticky.test(text.slice(0, at + longestBytes)) ? sticky.lastIndex : -1;
}

/** Leftmost matches, one behind the other; empty ones are none. */
export const findRegex: Finder<RegexPattern> = (pattern, bytes, layout, take) => {
  const { source, flags, longestBytes } = pattern;
  const expression = new RegExp(source, `${flags}g`);
  const sticky = new RegExp(source, `${flags}y`);
  for (let segment = 0; segment < layout.segmentAt.length; segment++) {
    const segmentAt = layout.segmentAt[segment] ?? 0;
    const text = latin1Text(bytes, segmentAt, segmentEnd(layout, segment));
    for (let next = Math.max(0, layout.from - segmentAt); ;) {
      expression.lastIndex = next;
      const found = expression.exec(text);
      const start = found?.index ?? Infinity;
      if (segmentAt + start >= layout.ownedEnd) break;
      const isLonger = expression.lastIndex - start > longestBytes;
      const end = isLonger ? endOfCut(text, start, sticky, longestBytes) : expression.lastIndex;
      next = Math.max(start + 1, end);
      if (end > start && !take(segmentAt + start, end - start, segmentAt + next)) return;
    }
  }
};
