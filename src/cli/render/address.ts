/** /proc/PID/maps writes no fewer digits. */
const FEWEST_DIGITS = 8;

/** User addresses have no more. The vsyscall page above them all has; /proc/PID/maps writes it longer, too. */
const USER_DIGITS = 12;

/** Digits that the user addresses up to `ends` (`"0x..."`) are written with. */
export function addressDigits(ends: Iterable<string>): number {
  let digits = FEWEST_DIGITS;
  for (const end of ends) digits = Math.max(digits, end.length - '0x'.length);
  return Math.min(digits, USER_DIGITS);
}

/** An address (`"0x..."`) as /proc/PID/maps writes it, filled up with zeros. */
export function addressText(vaddr: string, digits: number): string {
  return vaddr.slice('0x'.length).padStart(digits, '0');
}

/** A range of addresses as in /proc/PID/maps. */
export function rangeText(range: { readonly start: string; readonly end: string }, digits: number): string {
  return `${addressText(range.start, digits)}-${addressText(range.end, digits)}`;
}
