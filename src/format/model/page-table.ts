import type { PageRuns } from './page-runs.js';

/** A part of a page table that is in memory. */
export interface RunBlock {
  /** What it speaks for, `[startVpn, endVpn)`: a page in there that no run has is not held. */
  readonly startVpn: number;
  readonly endVpn: number;
  readonly runs: PageRuns;
}

/** Where the pages of one mapping lie. Of a large image only the part that is asked for is loaded. */
export interface PageTable {
  readonly totalPages: number;
  readonly runCount: number;
  /** The block that speaks for page `vpn`; the same object again while it stays in memory. At once where it is at hand. */
  block(vpn: number): RunBlock | Promise<RunBlock>;
}

/** A table that is in memory as a whole: one block for all pages there are. */
export function tableOf(runs: PageRuns): PageTable {
  const block: RunBlock = { startVpn: 0, endVpn: Infinity, runs };
  return { totalPages: runs.totalPages, runCount: runs.count, block: () => block };
}
