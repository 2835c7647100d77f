import type { ImageHeader } from '../model/image.js';
import { FXSAVE_BYTES } from './tables/thread.js';

/** The features of a CPU as far as a CPU record with the FPU state inside shows them. */
export function featuresInside(hasFxsr: boolean, xstateBytes: number): ImageHeader['cpu'] {
  return { hasFxsr, hasXsave: xstateBytes > FXSAVE_BYTES, xstateBytes };
}
