// Paths and names in images are bytes; most are UTF-8, some are not. As in Python's "surrogateescape", a byte that is
// no UTF-8 becomes the lone surrogate U+DC00 + byte, so that every byte string has exactly one text and back.

const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const encoder = new TextEncoder();
const ESCAPE_BASE = 0xdc00;

function isEscape(codeUnit: number): boolean {
  return codeUnit >= ESCAPE_BASE + 0x80 && codeUnit <= ESCAPE_BASE + 0xff;
}

/** Length in bytes of the valid UTF-8 sequence at `i`, or 0. */
function sequenceLength(bytes: Uint8Array, i: number): number {
  for (let length = 1; length <= 4 && i + length <= bytes.length; length++) {
    try {
      strict.decode(bytes.subarray(i, i + length));
      return length;
    } catch {
      // not a whole sequence yet, or none at all: a longer part decides
    }
  }
  return 0;
}

/** Bytes to text, losslessly: `encodeText(decodeText(bytes))` gives back the same bytes. */
export function decodeText(bytes: Uint8Array): string {
  try {
    return strict.decode(bytes);
  } catch {
    let text = '';
    for (let i = 0; i < bytes.length;) {
      const length = sequenceLength(bytes, i);
      const part = bytes.subarray(i, i + Math.max(length, 1));
      text += length > 0 ? strict.decode(part) : String.fromCharCode(ESCAPE_BASE + (part[0] ?? 0));
      i += part.length;
    }
    return text;
  }
}

/** Text to bytes: UTF-8, where the lone surrogates that `decodeText` makes become their bytes again. */
export function encodeText(text: string): Uint8Array {
  if (text.isWellFormed()) return encoder.encode(text);
  const bytes: number[] = [];
  for (const character of text) {
    const codeUnit = character.charCodeAt(0);
    if (character.length === 1 && isEscape(codeUnit)) bytes.push(codeUnit - ESCAPE_BASE);
    else bytes.push(...encoder.encode(character));
  }
  return Uint8Array.from(bytes);
}

/** The bytes before the first NUL, as text; all of them where there is none. */
export function decodeCString(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return decodeText(end < 0 ? bytes : bytes.subarray(0, end));
}

/** Text in a field of fixed size: cut, or padded with NUL. */
export function fixedText(text: string, size: number): Uint8Array {
  const field = new Uint8Array(size);
  field.set(encodeText(text).subarray(0, size));
  return field;
}
