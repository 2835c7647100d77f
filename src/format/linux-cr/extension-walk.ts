import type { Cursor } from '../bytes/cursor.js';
import { decodeText } from '../bytes/text.js';
import { FormatError, type At } from '../errors.js';
import { decodeLayout } from '../layout/decode.js';
import { hexNumber } from '../layout/unit.js';
import type { ParentLink } from '../model/image.js';
import { PageRangesBuilder, firstOverlap, oneRange, rangesWithout, type PageRanges } from '../model/page-ranges.js';
import type { PageRuns } from '../model/page-runs.js';
import type { VpnRange } from './address-array.js';
import {
  MAX_EXTENSION_BYTES,
  PAGE_RANGE,
  PARENT,
  PARENT_OBJECT,
  UNCAPTURED,
  type ExtensionHead,
  type ExtensionItem,
  type ExtensionName,
} from './extension.js';
import {
  UNCAPTURED_REASONS,
  UNCAPTURED_REASON_NAMES,
  type Uncaptured,
  type UncapturedReason,
} from '../model/uncaptured.js';
import type { MemoryBudget } from '../model/budget.js';
import { PATH_MAX_BYTES } from './path.js';
import type { CapturePayloads } from './extension.js';
import { pageRangeAt, rangeFault } from './page-range.js';

/** What the reader of a family has for records of ours. */
export interface ExtensionReader {
  readonly cursor: Cursor;
  at(path: string): At;
  fault(error: FormatError): void;
  /** The one that comes next. */
  peekExtension(): Generator<Promise<void>, ExtensionHead | undefined>;
}

type Step = ExtensionItem | Promise<void>;

/** Reads the record that comes next, if it is this one, and yields it. @throws {FormatError} `LENGTH_OVERRUN`, `TRUNCATED` */
function* readExtension(
  reader: ExtensionReader,
  name: ExtensionName,
  path: string,
  budget: MemoryBudget,
): Generator<Step, ExtensionItem | undefined> {
  const head = yield* reader.peekExtension();
  if (head?.name !== name) return undefined;
  const { type, parent, headerBytes, payloadBytes } = head;
  const at = reader.at(path);
  if (payloadBytes < 0 || payloadBytes > MAX_EXTENSION_BYTES) {
    const facts = { at, what: `payload of ${name}`, actual: payloadBytes };
    throw new FormatError('LENGTH_OVERRUN', { ...facts, expected: `0 to ${String(MAX_EXTENSION_BYTES)} bytes` });
  }
  budget.take(payloadBytes, 'the records', at);
  const length = headerBytes + payloadBytes;
  const bytes = Uint8Array.from((yield* reader.cursor.need(length, name, path)).subarray(headerBytes));
  reader.cursor.advance(length);
  const place = { offset: at.offset, length, path, bytes };
  const item: ExtensionItem = { kind: 'extension', name, type, ...(parent !== undefined && { parent }), ...place };
  yield item;
  return item;
}

/** Pages of a mapping or of shared memory that are left to the parent, and where that is said; and what was not captured. */
export interface ElsewhereRead {
  readonly ranges: PageRanges;
  /** Number of the object in the parent; undefined for a mapping. */
  readonly objectId: number | undefined;
  readonly uncaptured: Uncaptured | undefined;
  /** Of the first record. */
  readonly at: At;
}

/** Where in the source the payload of a record lies. */
function payloadAt({ offset, length, path, bytes }: ExtensionItem, within = 0): At {
  return { offset: offset + length - bytes.length + within, path };
}

/** `[ PARENT ]`. @throws {FormatError} `LENGTH_OVERRUN`, `STRING_UNTERMINATED` for a path that ends at a NUL */
export function* walkParent(reader: ExtensionReader, budget: MemoryBudget): Generator<Step, ParentLink | undefined> {
  const item = yield* readExtension(reader, 'PARENT', 'parent', budget);
  if (!item) return undefined;
  const { bytes } = item;
  const pathBytes = bytes.subarray(PARENT.size);
  if (pathBytes.length === 0 || pathBytes.length >= PATH_MAX_BYTES) {
    const expected = `${String(PARENT.size + 1)} to ${String(PARENT.size + PATH_MAX_BYTES - 1)} bytes`;
    throw new FormatError('LENGTH_OVERRUN', {
      ...{ at: payloadAt(item), what: 'PARENT payload' },
      ...{ expected, actual: bytes.length },
    });
  }
  const { id } = decodeLayout(PARENT, bytes, payloadAt(item));
  const nul = pathBytes.indexOf(0);
  if (nul >= 0) {
    const facts = { at: payloadAt(item, PARENT.size + nul), what: 'path of PARENT', expected: 'text without NUL' };
    reader.fault(new FormatError('BAD_FIELD', facts));
  }
  return { path: decodeText(nul < 0 ? pathBytes : pathBytes.subarray(0, nul)), id };
}

/** `{ CAPTURE }` */
export function* walkCapture(reader: ExtensionReader, budget: MemoryBudget): Generator<Step, CapturePayloads> {
  const parts: Uint8Array[] = [];
  let first: ExtensionItem | undefined;
  for (;;) {
    const item = yield* readExtension(reader, 'CAPTURE', `capture[${String(parts.length)}]`, budget);
    if (!item) return { parts, at: first ? payloadAt(first) : reader.at('capture') };
    first ??= item;
    parts.push(item.bytes);
  }
}

/**
 * `[ PARENT_OBJECT ] , { PARENT_PAGES } , { UNCAPTURED }`.
 *
 * @param pages  those of the mapping, or of the object, counted from 0
 * @throws {FormatError} `LENGTH_MISMATCH`, `LENGTH_OVERRUN`, `TRUNCATED`; and told: `BAD_FIELD`, `ADDRESS_OUT_OF_VMA`,
 *         `ADDRESS_ORDER` at the range in question, the rest of whose record is left out
 */
export function* walkElsewhere(
  reader: ExtensionReader,
  path: string,
  pages: VpnRange,
  budget: MemoryBudget,
): Generator<Step, ElsewhereRead> {
  const at = reader.at(path);
  const object = yield* readExtension(reader, 'PARENT_OBJECT', `${path}.parent_object`, budget);
  if (object) checkLength(object, object.bytes.length === PARENT_OBJECT.size, String(PARENT_OBJECT.size));
  const objectId = object && decodeLayout(PARENT_OBJECT, object.bytes, payloadAt(object)).objref;
  const builder = new PageRangesBuilder();
  for (let i = 0, end = pages.startVpn; ; i++) {
    const item = yield* readExtension(reader, 'PARENT_PAGES', `${path}.parent_pages[${String(i)}]`, budget);
    if (!item) {
      const uncaptured = yield* walkUncaptured(reader, path, pages, budget);
      return { ranges: builder.take(), objectId, uncaptured, at };
    }
    checkLength(item, item.bytes.length % PAGE_RANGE.size === 0, `a multiple of ${String(PAGE_RANGE.size)}`);
    end = addRanges(reader, item, pages, { lowest: end, from: 0 }, builder);
  }
}

/** `{ UNCAPTURED }`, all with one reason. */
function* walkUncaptured(
  reader: ExtensionReader,
  path: string,
  pages: VpnRange,
  budget: MemoryBudget,
): Generator<Step, Uncaptured | undefined> {
  const builder = new PageRangesBuilder();
  let reason: UncapturedReason | undefined;
  for (let i = 0, end = pages.startVpn; ; i++) {
    const item = yield* readExtension(reader, 'UNCAPTURED', `${path}.uncaptured[${String(i)}]`, budget);
    if (!item) break;
    const { size } = UNCAPTURED;
    const isWhole = item.bytes.length >= size && (item.bytes.length - size) % PAGE_RANGE.size === 0;
    checkLength(item, isWhole, `${String(size)} and a multiple of ${String(PAGE_RANGE.size)}`);
    reason = reasonOf(reader, item, reason);
    end = addRanges(reader, item, pages, { lowest: end, from: size }, builder);
  }
  const ranges = builder.take();
  return reason === undefined || ranges.count === 0 ? undefined : { ranges, reason };
}

/** Where faults are told, a number that stands for nothing becomes the reason that says least. */
function reasonOf(
  reader: ExtensionReader,
  item: ExtensionItem,
  before: UncapturedReason | undefined,
): UncapturedReason {
  const { reason: number } = decodeLayout(UNCAPTURED, item.bytes, payloadAt(item));
  const reason = UNCAPTURED_REASON_NAMES.find((name) => UNCAPTURED_REASONS[name] === number);
  if (reason !== undefined && (before === undefined || before === reason)) return reason;
  const expected = before ?? UNCAPTURED_REASON_NAMES.map((name) => String(UNCAPTURED_REASONS[name])).join(', ');
  reader.fault(
    new FormatError('BAD_FIELD', { at: payloadAt(item), what: 'UNCAPTURED.reason', expected, actual: number }),
  );
  return before ?? 'kind';
}

/** @throws {FormatError} `LENGTH_MISMATCH` */
function checkLength(item: ExtensionItem, isGood: boolean, expected: string): void {
  if (isGood) return;
  const { name, bytes } = item;
  const facts = { at: payloadAt(item), what: `payload of ${name}`, expected, actual: bytes.length };
  throw new FormatError('LENGTH_MISMATCH', facts);
}

/** Adds ranges from page `lowest` on, which stand from byte `from` of the payload on; returns the end of the last. */
function addRanges(
  reader: ExtensionReader,
  item: ExtensionItem,
  pages: VpnRange,
  { lowest, from }: { readonly lowest: number; readonly from: number },
  builder: PageRangesBuilder,
): number {
  const view = new DataView(item.bytes.buffer, item.bytes.byteOffset, item.bytes.length);
  let end = lowest;
  for (let within = from; within < item.bytes.length; within += PAGE_RANGE.size) {
    const range = pageRangeAt(view, within);
    const fault = rangeFault(range, pages, end, payloadAt(item, within));
    if (fault) {
      reader.fault(fault);
      return end;
    }
    builder.add(range.vpn, range.nrPages);
    end = range.vpn + range.nrPages;
  }
  return end;
}

/**
 * Of memory of an incremental image whose records could not all be read: a page that is not here may have been left to the
 * parent, and is neither zero nor what is mapped.
 */
export function damagedPages({ startVpn, endVpn }: VpnRange): Uncaptured {
  return { ranges: oneRange(startVpn, endVpn - startVpn), reason: 'damaged' };
}

/**
 * The pages that are left to the parent, which have no contents here as well. @throws what `reader.fault` does:
 * `BAD_FIELD`; where faults are told, those with contents are left out
 */
export function parentPagesBeside(
  reader: Pick<ExtensionReader, 'fault'>,
  read: Pick<ElsewhereRead, 'ranges' | 'at'>,
  pages: PageRuns,
): PageRanges | undefined {
  if (read.ranges.count === 0) return undefined;
  const overlap = firstOverlap(read.ranges, pages);
  if (overlap < 0) return read.ranges;
  const actual = hexNumber(read.ranges.vpn[overlap] ?? 0);
  const facts = { at: read.at, what: 'first page of a range that is left to the parent', actual };
  reader.fault(new FormatError('BAD_FIELD', { ...facts, expected: 'pages without contents' }));
  const left = rangesWithout(read.ranges, pages);
  return left.count === 0 ? undefined : left;
}
