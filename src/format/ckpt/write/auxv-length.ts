import type { Image } from '../../model/image.js';

/** Words in the auxiliary vector of a task: kernels up to 2.6.30 have two less on x86_32. Source: spec/cr-stream.md 8.1. */
const WORDS = 44;
const WORDS_SHORT = 42;
const LAST_SHORT = { major: 2, minor: 6, patch: 30 };

/** How many words the auxiliary vectors of an image are written with: as many as they have where a kernel has so many. */
export function auxvWords({ tasks, header, format }: Image): number {
  const lengths = tasks.map(({ mm }) => mm?.auxv?.length ?? 0);
  const longest = lengths.reduce((most, length) => Math.max(most, length), 0);
  if (format.wordBytes === 8 || longest === WORDS) return WORDS;
  const { major, minor, patch } = header.kernel;
  const isShort = major === LAST_SHORT.major && minor === LAST_SHORT.minor && patch <= LAST_SHORT.patch;
  return isShort || longest === WORDS_SHORT ? WORDS_SHORT : WORDS;
}
