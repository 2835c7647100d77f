import { PAGE_BYTES } from '../format/model/page.js';
import { heldPart, type HeldPlan } from './held-plan.js';
import type { Places } from './places.js';

/** How much is touched at a time. */
const TOUCH_BYTES = 16 * 1024 * 1024;

/** Words that all readers share. */
export const WORD = { nextTouch: 0, nextUnit: 1 } as const;

/** What is said of a unit by who read it. */
export const UNIT = { open: 0, read: 1, failed: 2 } as const;

/** Room to hold contents in, and who does what. */
export interface HeldRoom {
  readonly slabs: readonly Uint8Array[];
  readonly bytes: number;
  readonly words: Int32Array;
}

/** What the readers copy, and how far they are with each unit. */
export interface CopyOrder {
  readonly plan: HeldPlan;
  readonly units: Int32Array;
  /** What the offsets of the plan mean. */
  readonly places: Places;
  /** What is read after that time, by the clock of `process.hrtime`, does not count. */
  readonly untilNs?: bigint | undefined;
}

/** Reads into a part of what is held; returns the count. */
type Read = (offset: number, into: Uint8Array) => number;

/** Makes the kernel give the next part of the room its pages; false when all have them. */
export function touchNext(room: HeldRoom): boolean {
  const from = Atomics.add(room.words, WORD.nextTouch, 1) * TOUCH_BYTES;
  if (from >= room.bytes) return false;
  const part = heldPart(room.slabs, from, Math.min(TOUCH_BYTES, room.bytes - from));
  for (let at = 0; at < part.length; at += PAGE_BYTES) part[at] = 1;
  // parts do not begin at pages: the last one may have begun since
  part[part.length - 1] = 1;
  return true;
}

/** The next unit for who asks; undefined when all are taken. */
export function claimUnit(room: HeldRoom, { units }: Pick<CopyOrder, 'units'>): number | undefined {
  const unit = Atomics.add(room.words, WORD.nextUnit, 1);
  return unit < units.length ? unit : undefined;
}

/** Reads all pieces of a unit; false where one was short. */
export function readUnit(room: HeldRoom, { plan }: Pick<CopyOrder, 'plan'>, unit: number, read: Read): boolean {
  const end = plan.unitEnd[unit] ?? 0;
  for (let piece = unit === 0 ? 0 : (plan.unitEnd[unit - 1] ?? 0); piece < end; piece++) {
    const length = plan.length[piece] ?? 0;
    const part = heldPart(room.slabs, plan.at[piece] ?? 0, length);
    if (read(plan.offset[piece] ?? 0, part) < length) return false;
  }
  return true;
}
