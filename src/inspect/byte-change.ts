import { equalRanges } from '../format/bytes/fast-bytes.js';
import { hexBytes, hexNumber } from '../format/layout/unit.js';
import type { FieldChange } from './field-change.js';

/** One register of an FXSAVE image. */
const BYTES_SHOWN = 16;

/** The bytes around the first difference, as `NAME[0x20]`; nothing for equal bytes. */
export function byteChanges(name: string, before: Uint8Array, after: Uint8Array): FieldChange[] {
  if (before.length === after.length && equalRanges(before, 0, after, 0, before.length)) return [];
  const firstDifferent = before.findIndex((byte, i) => byte !== after[i]);
  const differs = firstDifferent < 0 ? before.length : firstDifferent;
  const at = differs - (differs % BYTES_SHOWN);
  const [a, b] = [before, after].map((bytes) => hexBytes(bytes.subarray(at, at + BYTES_SHOWN)));
  return [{ name: `${name}[${hexNumber(at)}]`, before: a ?? null, after: b ?? null }];
}
