import { hexNumber } from '../../format/layout/unit.js';
import { addressDigits, rangeText } from './address.js';
import { countText } from './amount.js';
import { tableLines } from './column.js';
import { printable } from './printable.js';
import type { Palette } from './palette.js';
import type { DigestDifference } from '../../inspect/digest/compare.js';
import type { ImageDigest, SpaceDigest, VmaDigest } from '../../inspect/digest/digest.js';
import type { Presence } from '../../inspect/sides.js';

export interface NamedDigest {
  /** Of the image. */
  readonly name: string;
  readonly digest: ImageDigest;
}

interface DigestLinesOptions {
  readonly withVmas: boolean;
}

function range({ start, end }: Pick<VmaDigest, 'start' | 'end'>): { start: string; end: string } {
  return { start: hexNumber(start), end: hexNumber(end) };
}

function* spaceLines({ pids, vmas }: SpaceDigest): Generator<string> {
  yield `  memory of ${pids.length === 1 ? 'task' : 'tasks'} ${pids.join(', ')}`;
  const ranges = vmas.map(range);
  const digits = addressDigits(ranges.map(({ end }) => end));
  const rows = vmas.map(({ digest, pages }, i) => {
    const place = ranges[i] ?? { start: '0x0', end: '0x0' };
    return [rangeText(place, digits), countText(pages, 'page'), digest];
  });
  for (const line of tableLines(rows, ['left', 'right', 'left'])) yield `    ${line}`;
}

/** The id as sha256sum writes it, what it is made of, and with `withVmas` a line for each mapping. */
export function* digestLines({ name, digest }: NamedDigest, { withVmas }: DigestLinesOptions): Generator<string> {
  const { id, structure, pages, spaces, hidden } = digest;
  yield `${id}  ${printable(name)}`;
  const parts = [...spaces.flatMap(({ vmas }) => vmas), ...hidden];
  const counted = parts.reduce((sum, part) => sum + part.pages, 0);
  yield `  structure  ${structure}`;
  yield `  pages      ${pages}  (${countText(counted, 'page')})`;
  if (!withVmas) return;
  for (const space of spaces) yield* spaceLines(space);
  for (const [i, part] of hidden.entries())
    if (part.pages > 0)
      yield `  hidden of shared memory ${String(i)}: ${countText(part.pages, 'page')}  ${part.digest}`;
}

const PRESENCES: Readonly<Record<Presence, string>> = {
  both: 'differs',
  added: 'is only in the second',
  removed: 'is only in the first',
};

const CONTENTS: Readonly<Record<Presence, string>> = {
  both: 'differ',
  added: 'are only in the second',
  removed: 'are only in the first',
};

function differenceLine(difference: DigestDifference): string {
  switch (difference.part) {
    case 'header':
      return 'what it says of the machine differs';
    case 'order':
      return 'the order of tasks differs';
    case 'task':
      return `task ${String(difference.pid)} ${PRESENCES[difference.presence]}`;
    case 'memory':
      return `the memory map of task ${String(difference.pid)} ${PRESENCES[difference.presence]}`;
    case 'hidden': {
      return `hidden pages of shared memory ${String(difference.index)} ${CONTENTS[difference.presence]}`;
    }
    case 'pages': {
      const place = range(difference);
      const where = rangeText(place, addressDigits([place.end]));
      return `contents of ${where} of task ${String(difference.pid)} ${CONTENTS[difference.presence]}`;
    }
  }
}

/** Two digests, and in which parts they differ. */
export function* comparedLines(
  images: readonly NamedDigest[],
  differences: readonly DigestDifference[],
  options: DigestLinesOptions,
  palette: Palette,
): Generator<string> {
  for (const image of images) yield* digestLines(image, options);
  yield differences.length === 0 ? palette.heading('equal') : palette.warning('different');
  for (const difference of differences) yield `  ${differenceLine(difference)}`;
}
