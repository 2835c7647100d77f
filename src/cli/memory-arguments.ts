import { UsageError } from '../format/errors.js';
import { parseAddress, parseRange, type AddressRange } from '../inspect/address-spec.js';
import type { Space } from '../inspect/space.js';
import type { Args } from './command.js';

const NUMBER = /^(?:0x[0-9a-f]+|\d+)$/i;
/** As /proc/PID/maps prints it. */
const MAPS_RANGE = /^[0-9a-f]{8,16}-[0-9a-f]{8,16}$/i;
const ADDRESSES = 1n << 64n;

/** A number of bytes or things, in decimal or hex; undefined where it is not given. @throws {UsageError} */
export function countArgument(args: Args, name: string): number | undefined {
  const text = args[name];
  if (text === undefined) return undefined;
  // the table of commands makes them strings
  const given = text as string;
  const count = NUMBER.test(given) ? Number(given) : NaN;
  if (Number.isSafeInteger(count) && count > 0) return count;
  throw new UsageError('BAD_ARGUMENT', { what: name, expected: 'a number above 0', actual: given });
}

/**
 * The part of memory that `ADDR [LEN]` names; without LEN a range as /proc/PID/maps prints it is one, too.
 *
 * @param length  of memory from an address on
 * @throws {UsageError} `BAD_ARGUMENT`
 */
export function rangeArgument(args: Args, space: Space, length: number): AddressRange {
  const text = String(args['address']);
  const [range] = MAPS_RANGE.test(text) && args['length'] === undefined ? parseRange(text, space) : [];
  if (range) return range;
  const start = parseAddress(text, space);
  const end = start + BigInt(length);
  if (end <= ADDRESSES) return { start, end };
  // without a length what there is will do
  if (args['length'] === undefined) return { start, end: ADDRESSES };
  throw new UsageError('BAD_ARGUMENT', {
    what: 'length',
    expected: `${String(ADDRESSES - start)} at most`,
    actual: length,
  });
}

/** The pid of `--pid`. @throws {UsageError} */
export function pidArgument(args: Args): number | undefined {
  return countArgument(args, 'pid');
}
