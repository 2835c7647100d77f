/** What Node's Buffer does at the speed of a copy. Browsers have none. */
interface BufferMethods {
  latin1Slice(this: Uint8Array, start: number, end: number): string;
}

// Buffer's methods take any Uint8Array as `this`
const FAST = (globalThis as { Buffer?: { prototype: BufferMethods } }).Buffer?.prototype;

/** Arguments that a call takes everywhere. */
const CALL_BYTES = 8192;

/** Bytes as characters U+0000 to U+00FF. TextDecoder's `latin1` is windows-1252 and no help. */
export function latin1Text(bytes: Uint8Array, start: number, end: number): string {
  if (FAST) return FAST.latin1Slice.call(bytes, start, end);
  let text = '';
  for (let at = start; at < end; at += CALL_BYTES)
    text += String.fromCharCode(...bytes.subarray(at, Math.min(end, at + CALL_BYTES)));
  return text;
}
