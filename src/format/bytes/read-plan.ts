import type { ReadPlan } from './crew.js';

/** Bytes that a plan reads. */
export function plannedBytes(plan: ReadPlan): number {
  let sum = 0;
  for (const length of plan.length) sum += length;
  return sum;
}

/** Reads into a part of a buffer; returns the count, short only at the end of the source. */
export type ReadInto<T extends number | Promise<number>> = (offset: number, into: Uint8Array) => T;

/** The place where a source ended, and how much was wanted there. */
export interface Shortage {
  readonly offset: number;
  readonly missing: number;
}

/** Fills a buffer as a plan tells, without waiting; tells where the source ended early. */
export function fillPlanSync(plan: ReadPlan, into: Uint8Array, read: ReadInto<number>): Shortage | undefined {
  let at = 0;
  for (let range = 0; range < plan.offset.length; range++) {
    const offset = plan.offset[range] ?? 0;
    const length = plan.length[range] ?? 0;
    const got = read(offset, into.subarray(at, at + length));
    if (got < length) return { offset: offset + got, missing: length - got };
    at += length;
  }
  return undefined;
}

/** The same of a source that has to be waited for. */
export async function fillPlan(
  plan: ReadPlan,
  into: Uint8Array,
  read: ReadInto<Promise<number>>,
): Promise<Shortage | undefined> {
  let at = 0;
  for (let range = 0; range < plan.offset.length; range++) {
    const offset = plan.offset[range] ?? 0;
    const length = plan.length[range] ?? 0;
    const got = await read(offset, into.subarray(at, at + length));
    if (got < length) return { offset: offset + got, missing: length - got };
    at += length;
  }
  return undefined;
}
