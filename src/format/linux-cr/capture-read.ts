import { FormatError } from '../errors.js';
import type { CapturePayloads } from './extension.js';
import type { CaptureFacts } from '../model/image.js';

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
