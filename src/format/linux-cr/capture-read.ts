import { FormatError } from '../errors.js';
import type { CaptureFacts } from '../model/image.js';

/** The facts that CAPTURE records hold. @throws {FormatError} `BAD_FIELD`, unless it is told */
export async function captureOf(
  payloads: readonly Uint8Array[],
  onFault: ((fault: FormatError) => void) | undefined,
): Promise<CaptureFacts | undefined> {
  if (payloads.length === 0) return undefined;
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
