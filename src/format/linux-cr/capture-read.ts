import { FormatError, type At } from '../errors.js';
import type { CaptureFacts } from '../model/image.js';

/** The payloads of the CAPTURE records, one behind the other. */
export interface CapturePayloads {
  readonly parts: readonly Uint8Array[];
  /** Where the first begins. */
  readonly at: At;
}

/** The facts that CAPTURE records hold. @throws {FormatError} `BAD_FIELD`, unless it is told */
export async function captureOf(
  payloads: CapturePayloads | undefined,
  onFault: ((fault: FormatError) => void) | undefined,
): Promise<CaptureFacts | undefined> {
  if (!payloads || payloads.parts.length === 0) return undefined;
  // loaded only then: few images have any
  const { decodeCapture } = await import('./capture-facts.js');
  try {
    return decodeCapture(payloads);
  } catch (error) {
    if (!onFault || !(error instanceof FormatError)) throw error;
    onFault(error);
    return undefined;
  }
}
