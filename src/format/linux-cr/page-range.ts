import { FormatError, type At } from '../errors.js';
import { fieldOf } from '../layout/layout.js';
import { hexNumber } from '../layout/unit.js';
import type { PageRanges } from '../model/page-ranges.js';
import type { VpnRange } from './address-array.js';
import { MAX_EXTENSION_BYTES, PAGE_RANGE } from './extension.js';

const HIGH_WORD = 2 ** 32;
const OFFSET = { vpn: fieldOf(PAGE_RANGE, 'vpn').offset, nrPages: fieldOf(PAGE_RANGE, 'nr_pages').offset };
const MAX_PAGES = HIGH_WORD - 1;
const NO_HEAD = new Uint8Array(0);

interface PageRange {
  readonly vpn: number;
  readonly nrPages: number;
}

/** A number of 64 bits, exact below 2^53; no bigint, since there may be millions of them. */
function wordAt(view: DataView, offset: number): number {
  return view.getUint32(offset + Uint32Array.BYTES_PER_ELEMENT, true) * HIGH_WORD + view.getUint32(offset, true);
}

function putWord(view: DataView, offset: number, value: number): void {
  view.setUint32(offset, value % HIGH_WORD, true);
  view.setUint32(offset + Uint32Array.BYTES_PER_ELEMENT, value / HIGH_WORD, true);
}

/** The range at `offset` of the payload. */
export function pageRangeAt(view: DataView, offset: number): PageRange {
  return { vpn: wordAt(view, offset + OFFSET.vpn), nrPages: wordAt(view, offset + OFFSET.nrPages) };
}

/** What is wrong with a range of pages out of `pages`, of which the first may be `lowest`; `at` is where it stands. */
export function rangeFault(
  { vpn, nrPages }: PageRange,
  { startVpn, endVpn }: VpnRange,
  lowest: number,
  at: At,
): FormatError | undefined {
  const facts = { at, what: 'first page of a range', actual: hexNumber(vpn) };
  if (vpn < startVpn || vpn >= endVpn) {
    const expected = `${hexNumber(startVpn)} or more, below ${hexNumber(endVpn)}`;
    return new FormatError('ADDRESS_OUT_OF_VMA', { ...facts, expected });
  }
  if (vpn < lowest) return new FormatError('ADDRESS_ORDER', { ...facts, expected: `${hexNumber(lowest)} or more` });
  const most = Math.min(endVpn - vpn, MAX_PAGES);
  if (nrPages >= 1 && nrPages <= most) return undefined;
  const count = { at: { ...at, offset: at.offset + OFFSET.nrPages }, what: 'pages of a range', actual: nrPages };
  const code = nrPages === 0 ? 'BAD_FIELD' : 'ADDRESS_OUT_OF_VMA';
  return new FormatError(code, { ...count, expected: `1 to ${String(most)}` });
}

/** The payloads of the records that say these ranges, each behind `head`. */
export function* rangePayloads(
  { count, vpn, nrPages }: PageRanges,
  head: Uint8Array = NO_HEAD,
): Generator<Uint8Array, void> {
  const most = Math.floor((MAX_EXTENSION_BYTES - head.length) / PAGE_RANGE.size);
  for (let first = 0; first < count; first += most) {
    const end = Math.min(count, first + most);
    const payload = new Uint8Array(head.length + (end - first) * PAGE_RANGE.size);
    payload.set(head);
    const view = new DataView(payload.buffer);
    for (let i = first, at = head.length; i < end; i++, at += PAGE_RANGE.size) {
      putWord(view, at + OFFSET.vpn, vpn[i] ?? 0);
      putWord(view, at + OFFSET.nrPages, nrPages[i] ?? 0);
    }
    yield payload;
  }
}
