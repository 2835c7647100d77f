import type { Loss } from '../../format/model/image.js';
import { countText, sizeText } from './amount.js';
import type { Palette } from './palette.js';
import { printable } from './printable.js';

/** More of a list than this are counted, not listed. */
const MAX_LISTED = 20;

/** Losses that are told together. */
interface LossGroup {
  readonly why: string;
  readonly first: string;
  readonly count: number;
  readonly bytes: number;
}

function groupsOf(losses: readonly Loss[], keyOf: (loss: Loss) => string): LossGroup[] {
  const groups = new Map<string, LossGroup>();
  for (const loss of losses) {
    const { what, why, bytes } = loss;
    const group = groups.get(keyOf(loss)) ?? { why, first: what, count: 0, bytes: 0 };
    groups.set(keyOf(loss), { ...group, count: group.count + 1, bytes: group.bytes + bytes });
  }
  return [...groups.values()];
}

const byReason = ({ why }: Loss): string => why;

/** Alike but for numbers: the same of several tasks or mappings. */
const byShape = ({ what, why }: Loss): string => `${why}\n${what.replaceAll(NUMBERS, '#')}`;

/** Decimal, and hex of some length, such as addresses. */
const NUMBERS = /\b(?:\d+|(?:0x)?[0-9a-f]{6,})\b/g;

function groupText({ why, first, count, bytes }: LossGroup): string {
  const size = bytes === 0 ? '' : `, ${sizeText(bytes)}`;
  const others = count === 1 ? '' : ` and ${String(count - 1)} more`;
  return `${printable(first)}${others} (${printable(why)}${size})`;
}

/** A list of what was refused or left out, equal things once, and by reason where it is long; nothing for an empty one. */
export function* lossLines(heading: string, losses: readonly Loss[], palette: Palette): Generator<string> {
  if (losses.length === 0) return;
  const groups = groupsOf(losses, losses.length > MAX_LISTED ? byReason : byShape);
  const bytes = losses.reduce((sum, loss) => sum + loss.bytes, 0);
  const total = bytes === 0 ? '' : `, ${sizeText(bytes)}`;
  yield `${palette.warning(heading)} ${countText(losses.length, 'thing')}${total}`;
  for (const group of groups.slice(0, MAX_LISTED)) yield `  ${groupText(group)}`;
  const rest = groups.slice(MAX_LISTED).reduce((sum, { count }) => sum + count, 0);
  if (rest > 0) yield `  and ${String(rest)} more (--json lists all)`;
}
