import type { Loss } from '../model/image.js';
import type { KernelFields, KernelItem } from '../model/kernel-state.js';
import { PAGE_BYTES } from '../model/page.js';

/** Notes down something that a revision cannot hold; `bytes` 0 for a fact. */
export type Lose = (path: string, what: string, why: string, bytes?: number) => void;

/** Collects losses, each with the name of the revision that has no room. */
export function lossList(revision: string): { readonly losses: readonly Loss[]; readonly lose: Lose } {
  const losses: Loss[] = [];
  return {
    losses,
    lose: (path, what, why, bytes = 0) => void losses.push({ path, what, why: `${revision} ${why}`, bytes }),
  };
}

/** About what kernel records take: their payloads and the members of their structs. */
export function bytesOfItems(items: readonly KernelItem[]): number {
  return items.reduce((sum, item) => sum + bytesOfItem(item), 0);
}

/** The same of one. */
export function bytesOfItem(item: KernelItem): number {
  if (item.kind === 'object') return 0;
  if (item.kind === 'memory') return item.memory.pages.totalPages * PAGE_BYTES;
  return [item.fields, ...item.elements].reduce((sum, fields) => sum + bytesOfFields(fields), item.payload.length);
}

/** The same of the members of one struct. */
export function bytesOfFields(fields: KernelFields): number {
  return Object.values(fields).reduce<number>((sum, value) => sum + bytesOfValue(value), 0);
}

function bytesOfValue(value: number | bigint | Uint8Array): number {
  if (typeof value === 'number') return Uint32Array.BYTES_PER_ELEMENT;
  return typeof value === 'bigint' ? BigUint64Array.BYTES_PER_ELEMENT : value.length;
}
