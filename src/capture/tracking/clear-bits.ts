import { IoError } from '../../format/errors.js';
import type { Target } from '../identity.js';
import { noteClear, placesFor } from './clear-registry.js';
import type { BitClearer } from './soft-dirty.js';

/**
 * Clears the soft-dirty bits of a process, after all images that rely on them were made useless: a capture that ends here must
 * leave nothing that can be believed.
 *
 * @returns when, as it is noted
 * @throws {IoError} where it cannot be noted; what the system says
 */
export function clearBits(target: Target, clearer: BitClearer): bigint {
  const clearedNs = process.hrtime.bigint();
  if (!noteClear(target, placesFor(target), { clearedNs, id: '' }))
    throw new IoError('WRITE_FAILED', { what: 'there is no directory to note the clearing of soft-dirty bits in' });
  clearer.clear();
  return clearedNs;
}
