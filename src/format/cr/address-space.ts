import { PATH_MAX_BYTES } from '../linux-cr/path.js';
import { LDT_ENTRY_BYTES, LDT_MAX_ENTRIES } from '../linux-cr/segments.js';
import { FormatError } from '../errors.js';
import { hexNumber } from '../layout/unit.js';
import { PAGE_BYTES, isPageAligned, vpnOf } from '../model/page.js';
import { walkChunks, walkPageList } from './chunks.js';
import type { MmParts, VmaParts } from './parts.js';
import type { VpnRange } from '../linux-cr/address-array.js';
import { narrowByNext } from './recognise.js';
import type { RecordReader, Step } from './record-reader.js';
import type { StructRecord } from './structs.js';
import { VMA_TYPES } from './vma.js';
import type { WalkContext } from './walk-context.js';

const FOUR_GIB = 1n << 32n;

/** About what a mapping takes, record and model together. */
const VMA_MEMORY_BYTES = 1024;

const NO_LDT = new Uint8Array(0);

/** `mm = MM , { vma } , MM_CONTEXT , { ldt8 }`. Source: spec/cr-stream.md 5.7. */
export function* walkMm(reader: RecordReader, path: string, context: WalkContext): Generator<Step, MmParts> {
  const fields = yield* reader.struct('MM', path, undefined);
  const parent = reader.lastParent;
  const { map_count } = fields;
  if (map_count < 0) throw reader.badField('MM', 'map_count', path, '0 or more', map_count);
  if (reader.revision.alignment === 'native') {
    context.words.bytes = reader.lastLayout.u64Align;
    context.decidedBy.push(`MM has ${String(reader.lastLayout.size)} bytes: ${String(context.words.bytes * 8)}-bit`);
  }
  yield* narrowByNext(reader, context, () => (map_count > 0 ? 'VMA' : 'MM_CONTEXT'));
  const vmas: VmaParts[] = [];
  for (let i = 0; i < map_count; i++) {
    const lowest = vmas.at(-1)?.fields.vm_end ?? 0n;
    vmas.push(yield* walkVma(reader, `${path}.vma[${String(i)}]`, lowest, context));
  }
  const ldt = yield* walkLdt(reader, path, fields.objref);
  return { parent, fields, vmas, ldt };
}

function* walkLdt(reader: RecordReader, path: string, objref: number): Generator<Step, Uint8Array> {
  const at = `${path}.context`;
  const { ldt_entry_size, nldt } = yield* reader.struct('MM_CONTEXT', at, objref);
  if (ldt_entry_size !== LDT_ENTRY_BYTES)
    throw reader.badField('MM_CONTEXT', 'ldt_entry_size', at, LDT_ENTRY_BYTES, ldt_entry_size);
  if (nldt < 0 || nldt > LDT_MAX_ENTRIES)
    throw reader.badField('MM_CONTEXT', 'nldt', at, `0 to ${String(LDT_MAX_ENTRIES)}`, nldt);
  return nldt > 0 ? yield* reader.rawBytes('raw:ldt', nldt * LDT_ENTRY_BYTES, `${path}.ldt`) : NO_LDT;
}

/** `vma = VMA , [ name ] , { chunk } , PGARR(0)`, and up to v4 `vma = VMA , [ name ] , { vaddr } , { page4096 }`. */
function* walkVma(reader: RecordReader, path: string, lowest: bigint, context: WalkContext): Generator<Step, VmaParts> {
  const fields = yield* reader.struct('VMA', path, 0);
  checkVma(reader, path, fields, lowest, context);
  const range = { startVpn: vpnOf(fields.vm_start), endVpn: vpnOf(fields.vm_end) };
  const listed = listedPages(reader, path, fields, range);
  const name = yield* walkName(reader, `${path}.fname`, fields);
  if (listed === undefined) yield* walkChunks(reader, path, range, context);
  else yield* walkPageList(reader, `${path}.pages`, range, listed, context);
  context.budget.take(VMA_MEMORY_BYTES + (name?.length ?? 0), 'the mappings', reader.at(path));
  return { fields, name, pages: context.runs.take() };
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

/** The path of what is mapped: v1 says how long it is, later ones that it is there. */
function* walkName(
  reader: RecordReader,
  path: string,
  { vma_type, namelen }: StructRecord<'VMA'>,
): Generator<Step, Uint8Array | undefined> {
  if (namelen === undefined) {
    return vma_type === VMA_TYPES.FILE ? yield* reader.text('FNAME', path, { atMost: PATH_MAX_BYTES }) : undefined;
  }
  return namelen === 0 ? undefined : yield* reader.text('STRING', path, { exactly: namelen, mayLackNul: true });
}

function checkVma(
  reader: RecordReader,
  path: string,
  vma: StructRecord<'VMA'>,
  lowest: bigint,
  context: WalkContext,
): void {
  const { vma_type, vm_start, vm_end } = vma;
  const isKnown = vma_type === VMA_TYPES.ANON || vma_type === VMA_TYPES.FILE;
  if (!isKnown) throw reader.badField('VMA', 'vma_type', path, '1 ANON or 2 FILE', vma_type);
  if (!isPageAligned(vm_start)) throw misaligned(reader, 'vm_start', path, vm_start);
  if (vm_start < lowest) {
    const at = reader.atField('vm_start', path);
    throw new FormatError('VMA_ORDER', {
      at,
      what: 'VMA.vm_start',
      expected: `${hexNumber(lowest)} or more`,
      actual: hexNumber(vm_start),
    });
  }
  if (!isPageAligned(vm_end)) throw misaligned(reader, 'vm_end', path, vm_end);
  if (vm_end <= vm_start)
    throw reader.badField('VMA', 'vm_end', path, `above ${hexNumber(vm_start)}`, hexNumber(vm_end));
  if (vm_end <= FOUR_GIB) return;
  if (context.words.bytes === 4)
    throw reader.badField('VMA', 'vm_end', path, 'at most 4 GiB on x86_32', hexNumber(vm_end));
  context.words.sawHighAddress = true;
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
