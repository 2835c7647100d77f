import { vpnOf } from '../format/model/page.js';
import type { MappedArea } from '../format/model/memory-map.js';

/** Where mappings lie, as page numbers in columns: the search over them makes no bigint. */
export interface AreaColumns {
  readonly count: number;
  readonly startVpn: Float64Array;
  readonly endVpn: Float64Array;
}

/** @param areas  ascending, without overlap */
export function columnsOf(areas: readonly MappedArea[]): AreaColumns {
  const startVpn = Float64Array.from(areas, ({ vm_start }) => vpnOf(vm_start));
  const endVpn = Float64Array.from(areas, ({ vm_end }) => vpnOf(vm_end));
  return { count: areas.length, startVpn, endVpn };
}

/** Index of the first mapping that ends behind page `vpn`; `count` if there is none. */
export function firstAreaFrom({ count, endVpn }: AreaColumns, vpn: number): number {
  let low = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((endVpn[middle] ?? 0) <= vpn) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Whether mapping `index` has page `vpn`. */
export function hasPage({ startVpn, endVpn }: AreaColumns, index: number, vpn: number): boolean {
  return vpn >= (startVpn[index] ?? Infinity) && vpn < (endVpn[index] ?? 0);
}
