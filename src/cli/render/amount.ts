const UNITS = ['KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB'] as const;

/** A size for people: `55.0 KiB`; below 1 KiB exact, `512 B`. */
export function sizeText(bytes: number): string {
  if (bytes < 1024) return `${String(bytes)} B`;
  // what rounds up to 1024.0 is told in the next unit
  const exponent = Math.min(Math.floor(Math.log2(bytes * (1 + 0.05 / 1024)) / 10), UNITS.length);
  return `${(bytes / 1024 ** exponent).toFixed(1)} ${UNITS[exponent - 1] ?? ''}`;
}

/** `1 page`, `2 pages`. */
export function countText(count: number, noun: string): string {
  return `${String(count)} ${noun}${count === 1 ? '' : 's'}`;
}
