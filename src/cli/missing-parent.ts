import type { FormatError } from '../format/errors.js';
import { printable } from './render/printable.js';

/** Says that pages are missing, where what is there is shown all the same. */
export function warnOfParent({ message, location }: FormatError): void {
  process.stderr.write(`crit: ${printable(message)} ${printable(location)}; what is there is shown\n`);
}
