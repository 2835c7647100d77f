import { equalRanges } from '../bytes/fast-bytes.js';
import { PAGE_BYTES } from './page.js';

export const ZERO_PAGE = new Uint8Array(PAGE_BYTES);

/** Where to look before a whole page is compared with zeros: most pages that are not zero show it here. */
const PROBE_OFFSETS = [0, 1024, 2048, PAGE_BYTES - 8] as const;

/** Whether the page that begins at `at` is all zeros. */
export function isZeroPage(bytes: Uint8Array, at: number): boolean {
  for (const offset of PROBE_OFFSETS) if (bytes[at + offset] !== 0) return false;
  return equalRanges(bytes, at, ZERO_PAGE, 0, PAGE_BYTES);
}
