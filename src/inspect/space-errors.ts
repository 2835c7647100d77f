import { MemoryError, UsageError } from '../format/errors.js';
import { hexNumber } from '../format/layout/unit.js';
import { vmaLabel } from './describe-vma.js';
import type { MappedArea } from '../format/model/memory-map.js';

const ADDRESSES = 1n << 64n;

/** @throws {UsageError} where `[vaddr, vaddr + length)` is not within 64 bits */
export function checkRange(vaddr: bigint, length: bigint): void {
  if (vaddr >= 0n && length >= 0n && vaddr + length <= ADDRESSES) return;
  const what = `a range of ${String(length)} bytes from ${String(vaddr)} on`;
  throw new UsageError('BAD_ARGUMENT', { what, expected: 'one within 64 bits' });
}

export function notMapped(vaddr: bigint): MemoryError {
  return new MemoryError('NOT_MAPPED', vaddr, { what: `${hexNumber(vaddr)} is not mapped` });
}

/** @param why  what is known beside that the image does not hold it */
export function notInImage(vaddr: bigint, area: MappedArea, why = ''): MemoryError {
  const what = `${hexNumber(vaddr)} is not in the image: ${area.kind} ${vmaLabel(area) ?? 'memory'}${why}`;
  return new MemoryError('NOT_IN_IMAGE', vaddr, { what });
}
