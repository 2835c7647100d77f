import { UsageError } from '../format/errors.js';

const DURATION = /^(\d+(?:\.\d+)?)\s*(ms|s|m)?$/;
const UNIT_MS = new Map([
  ['ms', 1],
  ['s', 1000],
  ['m', 60_000],
]);
/** The longest that a timer holds, about 24 days. */
const MAX_MS = 2 ** 31 - 1;

/** Milliseconds that a text such as `50ms`, `2s` or `1.5m` means; without a unit it is milliseconds. @throws {UsageError} `BAD_ARGUMENT` */
export function parseDuration(text: string, what: string): number {
  const [, number = '', unit = 'ms'] = DURATION.exec(text) ?? [];
  const ms = Number(number) * (UNIT_MS.get(unit) ?? 1);
  if (ms > 0 && ms <= MAX_MS) return ms;
  throw new UsageError('BAD_ARGUMENT', { what, expected: 'a duration such as 50ms or 2s', actual: text });
}
