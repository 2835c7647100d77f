import { encodeText } from '../bytes/text.js';
import type { RecordDocument } from './document.js';
import { text } from './unit.js';

/** Payload that is text, as text where that gives back the same bytes. */
export function textDocument(bytes: Uint8Array): Pick<RecordDocument, 'text' | 'padTo' | 'bytes'> {
  const shown = text.toJson(bytes);
  if (typeof shown !== 'string') return { bytes };
  const isTerminatedOnce = bytes.length === encodeText(shown).length + 1;
  return isTerminatedOnce ? { text: shown } : { text: shown, padTo: bytes.length };
}

/** The inverse. */
export function textPayload(shown: string, padTo: number | undefined): Uint8Array {
  const encoded = encodeText(shown);
  const fits = padTo !== undefined && encoded.length <= padTo;
  const payload = new Uint8Array(fits ? padTo : encoded.length + 1);
  payload.set(encoded);
  return payload;
}
