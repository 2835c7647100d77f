import type { AnyRecord } from '../../layout/layout.js';

const NOTHING = new Uint8Array(0);

/** A member of at most 32 bits; 0 where the layout has none of this name. */
export function numberIn(fields: AnyRecord, name: string): number {
  const value = fields[name];
  return typeof value === 'number' ? value : 0;
}

/** A member of 64 bits; 0 where the layout has none of this name. */
export function bigintIn(fields: AnyRecord, name: string): bigint {
  const value = fields[name];
  return typeof value === 'bigint' ? value : 0n;
}

/** A member that is an array of bytes; empty where the layout has none of this name. */
export function bytesIn(fields: AnyRecord, name: string): Uint8Array {
  const value = fields[name];
  return value instanceof Uint8Array ? value : NOTHING;
}
