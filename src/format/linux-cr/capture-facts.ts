import { decode, encode } from '@msgpack/msgpack';
import { FormatError } from '../errors.js';
import type { CapturePayloads } from './extension.js';
import type { CaptureFacts } from '../model/image.js';

/** The payload of CAPTURE: a msgpack map. @throws {FormatError} `BAD_VALUE` */
export function encodeCapture(capture: CaptureFacts): Uint8Array {
  try {
    return encode(capture, { useBigInt64: true, ignoreUndefined: true });
  } catch (cause) {
    throw new FormatError('BAD_VALUE', {
      at: { path: 'capture' },
      what: 'the facts of the capture are no msgpack',
      cause,
    });
  }
}

/** The facts in the payloads of CAPTURE records. @throws {FormatError} `BAD_FIELD` */
export function decodeCapture({ parts, at }: CapturePayloads): CaptureFacts {
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let end = 0;
  for (const payload of parts) {
    bytes.set(payload, end);
    end += payload.length;
  }
  const facts = { at, what: 'CAPTURE payload', expected: 'a msgpack map' };
  let map: unknown;
  try {
    map = decode(bytes, { useBigInt64: true });
  } catch (cause) {
    throw new FormatError('BAD_FIELD', { ...facts, cause });
  }
  if (typeof map === 'object' && map !== null && !Array.isArray(map) && !(map instanceof Uint8Array)) {
    // keys of a msgpack map are text or numbers, which become text
    return map as CaptureFacts;
  }
  throw new FormatError('BAD_FIELD', facts);
}
