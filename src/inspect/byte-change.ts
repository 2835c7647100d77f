import { hexBytes, hexNumber } from '../format/layout/unit.js';
import type { FieldChange } from './field-change.js';

/** One register of an FXSAVE image. */
const BYTES_SHOWN = 16;

/** The bytes around the first difference, as `NAME[0x20]`; nothing for equal bytes. */
export function byteChanges(name: string, before: Uint8Array, after: Uint8Array): FieldChange[] {
  if (Buffer.compare(before, after) === 0) return [];
  const firstDifferent = before.findIndex((byte, i) => byte !== after[i]);
  const differs = firstDifferent < 0 ? before.length : firstDifferent;
  const at = differs - (differs % BYTES_SHOWN);
  const [a, b] = [before, after].map((bytes) => hexBytes(bytes.subarray(at, at + BYTES_SHOWN)));
  return [{ name: `${name}[${hexNumber(at)}]`, before: a ?? null, after: b ?? null }];
}
