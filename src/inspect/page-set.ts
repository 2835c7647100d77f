type Range = readonly [start: number, end: number];

/** Pages by number, as ranges in ascending order that do not touch. */
export class PageSet {
  #ranges: Range[] = [];

  /** The parts of `[start, end)` that are not in the set, ascending. */
  missing(start: number, end: number): Range[] {
    const parts: Range[] = [];
    let at = start;
    for (let i = this.#firstEndingBehind(start); i < this.#ranges.length && at < end; i++) {
      const [from, to] = this.#ranges[i] ?? [end, end];
      if (from > at) parts.push([at, Math.min(from, end)]);
      at = Math.max(at, to);
    }
    if (at < end) parts.push([at, end]);
    return parts;
  }

  add(start: number, end: number): void {
    if (this.missing(start, end).length === 0) return;
    const first = this.#firstEndingBehind(start - 1);
    let next = first;
    let merged: Range = [start, end];
    for (; (this.#ranges[next]?.[0] ?? Infinity) <= end; next++) {
      const [from, to] = this.#ranges[next] ?? merged;
      merged = [Math.min(merged[0], from), Math.max(merged[1], to)];
    }
    this.#ranges.splice(first, next - first, merged);
  }

  /** Index of the first range whose end is greater than `vpn`; the number of ranges where there is none. */
  #firstEndingBehind(vpn: number): number {
    let [low, high] = [0, this.#ranges.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#ranges[middle]?.[1] ?? 0) > vpn) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}
