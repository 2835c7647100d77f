import type { AddressDescription, AreaDescription, PlacesDescription } from '../../inspect/why-description.js';
import { addressDigits, rangeText } from './address.js';
import { countText, sizeText } from './amount.js';
import { leftAligned } from './column.js';
import { printable } from './printable.js';
import type { Palette } from './palette.js';

const HEAD_WIDTH = 'pointed to by'.length;

function line(head: string, text: string): string {
  return `${leftAligned(head, HEAD_WIDTH)}  ${text}`;
}

function areaText(area: AreaDescription): string {
  const digits = addressDigits([area.end]);
  return `${rangeText(area, digits)} ${area.perms} ${area.kind}  ${printable(area.name ?? '')}`.trimEnd();
}

function hex(value: number): string {
  return `0x${value.toString(16)}`;
}

/** What a page that the image does not hold reads as, and why it is not there. */
function absenceText({ state, area, offsetInFile, uncaptured }: AddressDescription): string {
  if (uncaptured !== null) return `not captured, and not known: ${uncaptured}`;
  if (state === 'zero') return 'not in the image: it reads as zeros, as memory does that was never written';
  if (area?.kind === 'file') {
    const name = printable(area.name ?? 'the file');
    return `not in the image: it reads as ${name} does at ${offsetInFile ?? '0x0'}, since it was not written here`;
  }
  return `not in the image: contents of ${area?.kind ?? 'such'} mappings stay with what is mapped`;
}

function pageText(address: AddressDescription): string {
  const { pageOffset, byteOffset } = address;
  if (pageOffset === null || byteOffset === null) return absenceText(address);
  return `in the image at ${hex(pageOffset)}; this byte at ${hex(byteOffset)}`;
}

function* placeLines(
  head: string,
  what: string,
  { count, first }: PlacesDescription,
  palette: Palette,
): Generator<string> {
  yield line(head, count === 0 ? `no ${what}` : countText(count, what));
  for (const { pids, vaddr, label } of first) {
    const name = label === null ? '' : `  ${palette.name(printable(label))}`;
    yield `  task ${pids.join(', ')}  ${vaddr}${name}`;
  }
  if (count > first.length) yield `  and ${String(count - first.length)} more`;
}

function* mappingLines(address: AddressDescription): Generator<string> {
  const { area, below, above, offsetInArea, pageInArea, offsetInFile } = address;
  if (!area) {
    yield line('mapping', 'none');
    if (below) yield line('below it', areaText(below));
    if (above) yield line('above it', areaText(above));
    return;
  }
  yield line('mapping', `vma[${String(area.index)}] ${areaText(area)}`);
  const inFile = offsetInFile === null ? '' : `; ${offsetInFile} in what is mapped`;
  const page = `page ${String(pageInArea ?? 0)} of ${String(area.pages)}`;
  yield line('offset', `${hex(offsetInArea ?? 0)} in the mapping, ${page}${inFile}`);
  yield line('page', pageText(address));
}

/** What an image knows of an address, a fact a line. */
export function* whyLines(address: AddressDescription, palette: Palette): Generator<string> {
  const label = address.label === null ? '' : `  ${palette.name(printable(address.label))}`;
  yield `${palette.heading(address.vaddr)}${label}`;
  const shared = address.pids.length > 1 ? ', which share their memory' : '';
  yield line('task', `${address.pids.join(', ')} "${printable(address.comm)}"${shared}`);
  yield* mappingLines(address);
  const { places } = address;
  if (!places) return;
  if (address.pageOffset !== null) yield* placeLines('shown by', 'other mapping', places.shownAt, palette);
  if (places.equalPages) yield* placeLines('equal to', 'other page', places.equalPages, palette);
  yield* placeLines('pointed to by', 'word', places.pointers, palette);
  yield* placeLines('page named by', 'other word', places.nearPointers, palette);
  yield palette.faint(line('looked at', `${sizeText(places.scannedBytes)} of memory`));
}
