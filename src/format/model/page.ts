/** Bytes in a page of every x86 image; no format here records it. */
export const PAGE_BYTES = 4096;

const PAGE_SHIFT = 12n;

/** The number of the page that holds `vaddr`. Exact: page numbers stay below 2^52. */
export function vpnOf(vaddr: bigint): number {
  return Number(vaddr >> PAGE_SHIFT);
}

/** The first address of page `vpn`. */
export function vaddrOf(vpn: number): bigint {
  return BigInt(vpn) << PAGE_SHIFT;
}

export function isPageAligned(vaddr: bigint): boolean {
  return (vaddr & BigInt(PAGE_BYTES - 1)) === 0n;
}
