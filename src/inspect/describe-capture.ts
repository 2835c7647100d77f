import { hexBytes, jsonInteger } from '../format/layout/unit.js';
import type { CaptureFacts } from '../format/model/image.js';

/** What msgpack can say, as JSON can: bytes in hex, large integers as text. */
export type PlainFact =
  string | number | boolean | null | readonly PlainFact[] | { readonly [name: string]: PlainFact };

/** Facts of a capture, ready for `JSON.stringify`. Who wrote the image chose what they are. */
export type CaptureDescription = Readonly<Record<string, PlainFact>>;

function plainFact(value: unknown): PlainFact {
  if (typeof value === 'bigint') return jsonInteger(value);
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value;
  if (value instanceof Uint8Array) return hexBytes(value);
  if (Array.isArray(value)) return value.map(plainFact);
  return typeof value === 'object' && value !== null ? describeCapture({ ...value }) : null;
}

/** How an image was taken: rounds and pages of a copy while it ran, how changes were found, what is missing. */
export function describeCapture(facts: CaptureFacts): CaptureDescription {
  return Object.fromEntries(Object.entries(facts).map(([name, value]) => [name, plainFact(value)]));
}
