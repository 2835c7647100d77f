import type { Image, OpenFile } from '../format/model/image.js';

/** What /proc/PID/fd calls a file that has no path, by the number of what is behind it. */
const LINK = /^(pipe|socket|tty):\[\d+\]$/;

/** Tells whether two files that were paired have one name. */
export type IsSameName = (before: OpenFile, after: OpenFile) => boolean;

/**
 * Compares names of files. Where an image numbers pipes, sockets and terminals for itself, another number is no difference, as long
 * as each goes with the same one everywhere.
 */
export function nameComparison(before: Image, after: Image): IsSameName {
  const isNumbered = [before, after].some(({ format }) => format.family === 'ckpt');
  const afterOf = new Map<string, string>();
  const beforeOf = new Map<string, string>();
  return ({ name: a }, { name: b }) => {
    const kind = LINK.exec(a)?.[1];
    if (!isNumbered || kind === undefined || LINK.exec(b)?.[1] !== kind) return a === b;
    const [to, from] = [afterOf.get(a) ?? b, beforeOf.get(b) ?? a];
    afterOf.set(a, to);
    beforeOf.set(b, from);
    return to === b && from === a;
  };
}
