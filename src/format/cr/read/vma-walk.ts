import { FormatError } from '../../errors.js';
import { hexNumber } from '../../layout/unit.js';
import type { VpnRange } from '../../linux-cr/address-array.js';
import { damagedPages, parentPagesBeside, walkElsewhere, type ElsewhereRead } from '../../linux-cr/extension-walk.js';
import { PATH_MAX_BYTES } from '../../linux-cr/path.js';
import { PAGE_BYTES, isPageAligned, vpnOf } from '../../model/page.js';
import { NO_PAGES } from '../../model/page-runs.js';
import { walkChunks, walkPageList } from './chunks.js';
import type { VmaParts } from './parts.js';
import { narrowByNext } from './recognise.js';
import type { RecordReader, Step } from './record-reader.js';
import type { StructRecord } from '../tables/structs.js';
import { VMA_TYPES } from '../tables/vma.js';
import type { WalkContext } from './walk-context.js';

const FOUR_GIB = 1n << 32n;

/** About what a mapping takes, record and model together. */
const VMA_MEMORY_BYTES = 1024;

/** Of a mapping whose record is wrong: all pages that a user process can have. */
const ANYWHERE: VpnRange = { startVpn: 0, endVpn: 2 ** 36 };

/** The mappings before, and the lowest address that the next may have. */
interface Before {
  readonly lowest: bigint;
  readonly vmas: VmaParts[];
}

/**
 * `vma = VMA , [ name ] , elsewhere , { chunk } , PGARR(0)`, and up to v4 `vma = VMA , [ name ] , elsewhere , { vaddr } , { page4096 }`, where
 * `elsewhere = { PARENT_PAGES } , { UNCAPTURED }`. It is added to those before if its record is right; its pages are there as far as they could be read.
 */
export function* walkVma(
  reader: RecordReader,
  path: string,
  before: Before,
  context: WalkContext,
): Generator<Step, void> {
  const fields = yield* reader.struct('VMA', path, 0);
  const fault = faultOf(reader, path, fields, before.lowest, context);
  if (fault) reader.fault(fault);
  else if (fields.vm_end > FOUR_GIB) context.words.sawHighAddress = true;
  const range = fault ? ANYWHERE : { startVpn: vpnOf(fields.vm_start), endVpn: vpnOf(fields.vm_end) };
  const listed = listedPages(reader, path, fields, range);
  if (fields.vma_type === VMA_TYPES.FILE) yield* narrowByNext(reader, context, () => 'FNAME');
  const name = yield* walkName(reader, `${path}.fname`, fields);
  context.budget.take(VMA_MEMORY_BYTES + (name?.length ?? 0), 'the mappings', reader.at(path));
  const vma: VmaParts = { fields, name, pages: NO_PAGES, parentPages: undefined, uncaptured: undefined };
  if (!fault) before.vmas.push(vma);
  const faultsBefore = reader.faultCount;
  let left: ElsewhereRead | undefined;
  let isWhole = false;
  try {
    left = yield* walkElsewhere(reader, path, range, context.budget);
    if (listed === undefined) yield* walkChunks(reader, path, range, context);
    else yield* walkPageList(reader, `${path}.pages`, range, listed, context);
    isWhole = reader.faultCount === faultsBefore;
  } finally {
    vma.pages = context.runs.take();
    vma.parentPages = left && parentPagesBeside(reader, left, vma.pages);
    vma.uncaptured = isWhole || !context.isIncremental ? left?.uncaptured : damagedPages(range);
  }
}

/** How many pages follow in one list; undefined where they come in chunks. */
function listedPages(
  reader: RecordReader,
  path: string,
  { nr_pages, npages }: StructRecord<'VMA'>,
  { startVpn, endVpn }: VpnRange,
): number | undefined {
  const listed = nr_pages ?? npages;
  if (listed === undefined) return undefined;
  if (listed >= 0 && listed <= endVpn - startVpn) return Number(listed);
  const field = nr_pages === undefined ? 'npages' : 'nr_pages';
  const facts = { at: reader.atField(field, path), what: `VMA.${field}`, actual: listed };
  throw new FormatError('LENGTH_OVERRUN', { ...facts, expected: `0 to ${String(endVpn - startVpn)} pages` });
}

/** The path of what is mapped: v1 says how long it is, later ones that it is there; its record tells where they err. */
function* walkName(
  reader: RecordReader,
  path: string,
  { vma_type, namelen }: StructRecord<'VMA'>,
): Generator<Step, Uint8Array | undefined> {
  if (namelen === undefined) {
    const isNamed = vma_type === VMA_TYPES.FILE || (reader.isLenient && (yield* reader.isOfType('FNAME')));
    return isNamed ? yield* reader.text('FNAME', path, { atMost: PATH_MAX_BYTES }) : undefined;
  }
  return namelen === 0 ? undefined : yield* reader.text('STRING', path, { exactly: namelen, mayLackNul: true });
}

/** What is wrong with the record itself, if anything. */
function faultOf(
  reader: RecordReader,
  path: string,
  vma: StructRecord<'VMA'>,
  lowest: bigint,
  context: WalkContext,
): FormatError | undefined {
  const { vma_type, vm_start, vm_end } = vma;
  const isKnown = vma_type === VMA_TYPES.ANON || vma_type === VMA_TYPES.FILE;
  if (!isKnown) return reader.badField('VMA', 'vma_type', path, '1 ANON or 2 FILE', vma_type);
  if (!isPageAligned(vm_start)) return misaligned(reader, 'vm_start', path, vm_start);
  if (vm_start < lowest) {
    const facts = { at: reader.atField('vm_start', path), what: 'VMA.vm_start', actual: hexNumber(vm_start) };
    return new FormatError('VMA_ORDER', { ...facts, expected: `${hexNumber(lowest)} or more` });
  }
  if (!isPageAligned(vm_end)) return misaligned(reader, 'vm_end', path, vm_end);
  if (vm_end <= vm_start)
    return reader.badField('VMA', 'vm_end', path, `above ${hexNumber(vm_start)}`, hexNumber(vm_end));
  if (vm_end > FOUR_GIB && context.words.bytes === 4)
    return reader.badField('VMA', 'vm_end', path, 'at most 4 GiB on x86_32', hexNumber(vm_end));
  return undefined;
}

function misaligned(reader: RecordReader, field: string, path: string, vaddr: bigint): FormatError {
  const expected = `a multiple of ${String(PAGE_BYTES)}`;
  return new FormatError('ADDRESS_UNALIGNED', {
    at: reader.atField(field, path),
    what: `VMA.${field}`,
    expected,
    actual: hexNumber(vaddr),
  });
}
