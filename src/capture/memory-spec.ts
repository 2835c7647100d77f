import { UsageError } from '../format/errors.js';
import { isPageAligned, vpnOf } from '../format/model/page.js';
import { isVmaKind, VMA_KIND_NAMES, VMA_KINDS } from '../format/model/vma-kind.js';

/** Memory as people name it: a kind, a path or glob of one, or a range of addresses. */
export type MemorySpec =
  | { readonly by: 'kind'; readonly text: string; readonly kind: string }
  | { readonly by: 'path'; readonly text: string }
  | { readonly by: 'range'; readonly text: string; readonly startVpn: number; readonly endVpn: number };

const RANGE = /^(?:0x)?([0-9a-f]{1,16})-(?:0x)?([0-9a-f]{1,16})$/i;

/** @param ownKinds  names of kinds beside the built-in ones  @throws {UsageError} `BAD_ARGUMENT` */
export function parseMemorySpec(text: string, ownKinds: ReadonlySet<string>): MemorySpec {
  if (text === '') throw new UsageError('BAD_ARGUMENT', { what: 'memory', expected: 'a kind, a range or a path' });
  if (isVmaKind(text) || ownKinds.has(text)) return { by: 'kind', text, kind: text };
  const labelled = VMA_KIND_NAMES.find((kind) => VMA_KINDS[kind].label === text);
  if (labelled) return { by: 'kind', text, kind: labelled };
  const [, first, last] = RANGE.exec(text) ?? [];
  if (first === undefined || last === undefined) return { by: 'path', text };
  const [start, end] = [BigInt(`0x${first}`), BigInt(`0x${last}`)];
  if (start >= end || !isPageAligned(start) || !isPageAligned(end))
    throw new UsageError('BAD_ARGUMENT', { what: 'range', expected: 'whole pages, ascending', actual: text });
  return { by: 'range', text, startVpn: vpnOf(start), endVpn: vpnOf(end) };
}
