import { UsageError } from '../format/errors.js';
import { vmaLabel } from './describe-vma.js';
import type { MappedArea, MappedSpace } from '../format/model/memory-map.js';

/** Addresses, half open; `end` may be 2^64. */
export interface AddressRange {
  readonly start: bigint;
  readonly end: bigint;
}

const ADDRESSES = 1n << 64n;
const NUMBER = /^(?:0x[0-9a-f]+|\d+)$/i;
/** An address as /proc/PID/maps prints it: never fewer digits. */
const MAPS_NUMBER = /^[0-9a-f]{8,16}$/i;
const AREA = /^vma\[(\d+)\]$/;
const OPERATOR = /[-+]/g;
const SHOWN_NAMES = 6;

const FORMS = '0x1000, 4096, [heap], libc.so.6, vma[3], or one of them with +N or -N behind it';

function wrong(what: string, expected: string, actual?: string): UsageError {
  return new UsageError('BAD_ARGUMENT', { what, expected, ...(actual === undefined ? {} : { actual }) });
}

function baseName(name: string): string {
  return name.slice(name.lastIndexOf('/') + 1);
}

function namesOf(space: MappedSpace): string[] {
  const names = new Set<string>();
  for (const area of space.areas) names.add(baseName(vmaLabel(area) ?? ''));
  names.delete('');
  return [...names];
}

function listed(names: readonly string[]): string {
  const more = names.length - SHOWN_NAMES;
  return names.slice(0, SHOWN_NAMES).join(', ') + (more > 0 ? `, and ${String(more)} more` : '');
}

/** The mappings of a name, ascending: its whole label, or else the last part of its path; empty for an unknown one. */
function areasNamed(name: string, space: MappedSpace): readonly MappedArea[] {
  const exact = space.areas.filter((area) => vmaLabel(area) === name);
  if (exact.length > 0 || name === '') return exact;
  const areas = space.areas.filter((area) => baseName(vmaLabel(area) ?? '') === name);
  const paths = [...new Set(areas.map((area) => vmaLabel(area) ?? ''))];
  if (paths.length > 1) throw wrong(`${name} is the name of several files`, `one of ${listed(paths)}`);
  return areas;
}

/** The mappings that a text names as a whole: `vma[3]`, `[heap]`, a path or its last part. */
function areasOf(text: string, space: MappedSpace): readonly MappedArea[] {
  const index = AREA.exec(text)?.[1];
  if (index === undefined) return areasNamed(text, space);
  const area = space.areas[Number(index)];
  if (area) return [area];
  throw wrong(`${text} is not there`, `an index below ${String(space.areas.length)}`);
}

function unknown(text: string, space: MappedSpace): UsageError {
  const hint = MAPS_NUMBER.test(text) ? `0x${text}, or a name` : FORMS;
  const names = namesOf(space);
  const known = names.length > 0 ? ` (mapped here: ${listed(names)})` : '';
  return wrong('address', `${hint}${known}`, JSON.stringify(text));
}

/** The value of an address, undefined where it is none; it may lie outside of all addresses. */
function evaluate(text: string, space: MappedSpace): bigint | undefined {
  if (NUMBER.test(text)) return BigInt(text);
  const first = areasOf(text, space)[0];
  if (first) return first.vm_start;
  // names have both signs in them, so what stands behind the last one has to be a number
  const at = Math.max(text.lastIndexOf('+'), text.lastIndexOf('-'));
  const amount = text.slice(at + 1).trim();
  if (at <= 0 || !NUMBER.test(amount)) return undefined;
  const base = evaluate(text.slice(0, at).trim(), space);
  if (base === undefined) return undefined;
  return text[at] === '+' ? base + BigInt(amount) : base - BigInt(amount);
}

function checked(vaddr: bigint, text: string, limit: bigint): bigint {
  if (vaddr >= 0n && vaddr <= limit) return vaddr;
  throw wrong('address', 'one of 0 to 0xffffffffffffffff', text);
}

/**
 * Reads an address as people write it:
 *
 * - `0x7f0722fbb000` in hex, `4096` in decimal (hex without `0x` only in the ranges of {@link parseRange});
 * - `[stack]`, `[heap]`, `[vdso]`, a path or its last part (`libc.so.6`): the first byte of its lowest mapping;
 * - `vma[3]`: the first byte of that mapping, counted from 0;
 * - any of them with numbers added or taken away: `libc.so.6+0x1234`, `[stack]-8`.
 *
 * @throws {UsageError} what is no address, a name that nothing or more than one file has, a sum outside of 64 bits
 */
export function parseAddress(text: string, space: MappedSpace): bigint {
  const trimmed = text.trim();
  const vaddr = evaluate(trimmed, space);
  if (vaddr === undefined) throw unknown(trimmed, space);
  return checked(vaddr, trimmed, ADDRESSES - 1n);
}

/** One end of `start-end`: as /proc/PID/maps prints it, or any address. */
function evaluateEnd(text: string, space: MappedSpace): bigint | undefined {
  return MAPS_NUMBER.test(text) ? BigInt(`0x${text}`) : evaluate(text, space);
}

/** `start-end`, cut where both sides are addresses; undefined where there is no such place. */
function evaluatePair(text: string, space: MappedSpace): AddressRange | undefined {
  for (const { index, 0: sign } of text.matchAll(OPERATOR)) {
    if (sign !== '-') continue;
    const start = evaluateEnd(text.slice(0, index).trim(), space);
    const end = start === undefined ? undefined : evaluateEnd(text.slice(index + 1).trim(), space);
    if (start !== undefined && end !== undefined) return { start, end };
  }
  return undefined;
}

/** `start,length`; undefined without a comma that a number follows. */
function evaluateLength(text: string, space: MappedSpace): AddressRange | undefined {
  const at = text.lastIndexOf(',');
  const length = text.slice(at + 1).trim();
  if (at < 0 || !NUMBER.test(length)) return undefined;
  const start = parseAddress(text.slice(0, at), space);
  return { start, end: start + BigInt(length) };
}

/** Touching mappings as one range. */
function joined(areas: readonly MappedArea[]): AddressRange[] {
  const ranges: AddressRange[] = [];
  for (const { vm_start: start, vm_end: end } of areas) {
    const last = ranges.at(-1);
    if (last?.end === start) ranges[ranges.length - 1] = { start: last.start, end };
    else ranges.push({ start, end });
  }
  return ranges;
}

/**
 * Reads a range of addresses as people write it; a list, since a name may have mappings apart.
 *
 * - `start-end`, each end as {@link parseAddress} takes it, or in hex of 8 digits or more as /proc/PID/maps prints it;
 * - `start,length`;
 * - a name or `vma[3]` alone: all of its mappings, ascending, touching ones as one;
 * - any other address alone: that byte.
 *
 * @returns  ranges that are not empty
 * @throws {UsageError} what `parseAddress` refuses, and a range that ends where it starts or before
 */
export function parseRange(text: string, space: MappedSpace): readonly AddressRange[] {
  const trimmed = text.trim();
  const areas = NUMBER.test(trimmed) ? [] : areasOf(trimmed, space);
  if (areas.length > 0) return joined(areas);
  const range = evaluateLength(trimmed, space) ?? evaluatePair(trimmed, space);
  if (range === undefined) {
    const start = parseAddress(trimmed, space);
    return [{ start, end: start + 1n }];
  }
  const start = checked(range.start, trimmed, ADDRESSES - 1n);
  const end = checked(range.end, trimmed, ADDRESSES);
  if (end <= start) throw wrong('range', 'one that ends behind its start', trimmed);
  return [{ start, end }];
}
