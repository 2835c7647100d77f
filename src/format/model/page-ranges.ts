/** Ranges of pages without contents of their own, in columns of equal length, ascending, neither overlapping nor touching. */
export interface PageRanges {
  readonly count: number;
  /** Pages in all ranges together. */
  readonly totalPages: number;
  /** First page number of each. */
  readonly vpn: Float64Array;
  readonly nrPages: Uint32Array;
}

export const NO_RANGES: PageRanges = {
  count: 0,
  totalPages: 0,
  vpn: new Float64Array(0),
  nrPages: new Uint32Array(0),
};
