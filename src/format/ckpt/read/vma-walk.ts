import { FormatError, type FormatCode } from '../../errors.js';
import { hexNumber } from '../../layout/unit.js';
import { addressReader } from '../../linux-cr/address-array.js';
import { damagedPages, parentPagesBeside, walkElsewhere, type ElsewhereRead } from '../../linux-cr/extension-walk.js';
import { NO_PAGES } from '../../model/page-runs.js';
import { PAGE_BYTES, isPageAligned, vpnOf } from '../../model/page.js';
import { walkChunks } from './chunks.js';
import { bigintIn, numberIn } from './fields.js';
import type { RecordItem } from './item.js';
import { VMA_TYPES, VMA_TYPES_HUGETLB } from '../tables/mm.js';
import type { MmParts, VmaParts } from './parts.js';
import { narrowByNext } from './recognise.js';
import type { RecordReader, Step } from './record-reader.js';
import { walkShared } from './segment-walk.js';
import { noteGuess, type WalkContext } from './walk-context.js';

const FOUR_GIB = 1n << 32n;
/** About what a mapping takes, record and model together. */
const VMA_MEMORY_BYTES = 1024;

/** What follows a VMA, by its type. Source: spec/cr-stream.md 8.8. */
type Contents = 'none' | 'addresses' | 'indices' | 'huge';

const CONTENTS: Readonly<Record<number, Contents>> = {
  [VMA_TYPES.VDSO]: 'none',
  [VMA_TYPES.ANON]: 'addresses',
  [VMA_TYPES.FILE]: 'addresses',
  [VMA_TYPES.SHM_ANON]: 'indices',
  [VMA_TYPES.SHM_ANON_SKIP]: 'none',
  [VMA_TYPES.SHM_FILE]: 'none',
  [VMA_TYPES.SHM_IPC_SKIP]: 'none',
};

/** Whether a mapping of the number that two proposals took is of huge pages; else it is a device. */
export function isHugetlb(hasHugetlb: boolean, vmaType9: WalkContext['vmaType9']): boolean {
  return (vmaType9 ?? (hasHugetlb ? 'hugetlb' : 'device')) === 'hugetlb';
}

/** `VMA , [ contents ]`. Source: spec/cr-stream.md 8.8, 8.9, 10. */
export function* walkVma(reader: RecordReader, mm: MmParts, path: string, context: WalkContext): Generator<Step, void> {
  yield* narrowByNext(reader, context, () => 'VMA');
  const record = yield* reader.record('VMA', path);
  context.budget.take(VMA_MEMORY_BYTES, 'the mappings', reader.at(path));
  const isGood = checkRange(reader, record, context);
  const vma: VmaParts = { fields: record.fields, pages: NO_PAGES };
  if (isGood) mm.vmas.push(vma);
  checkShared(reader, record, context);
  const contents = contentsOf(reader, record, context);
  if (contents === 'addresses') yield* walkAddressed(reader, path, vma, context);
  else if (contents === 'indices') {
    const facts = { id: numberIn(record.fields, 'ino_objref'), sizeBytes: bigintIn(record.fields, 'ino_size') };
    yield* walkShared(reader, path, facts, context);
  } else if (contents === 'huge') yield* walkHuge(reader, path, context);
}

function contentsOf(reader: RecordReader, record: RecordItem, context: WalkContext): Contents {
  const type = numberIn(record.fields, 'vma_type');
  const known = CONTENTS[type];
  if (known) return known;
  const hasHugetlb = reader.revision.types.HPAGE !== undefined;
  const isNine = type === VMA_TYPES.DEVICE;
  if (!isNine && !(hasHugetlb && type === VMA_TYPES_HUGETLB.HUGETLB_SKIP)) {
    throw reader.badField(record, 'vma_type', 'a type that has contents or none', type);
  }
  if (!isNine) return 'none';
  const isHuge = isHugetlb(hasHugetlb, context.vmaType9);
  const message = `a mapping of type 9 is read as ${isHuge ? 'HUGETLB' : 'DEVICE'}: it may be either HUGETLB or DEVICE`;
  noteGuess(context, 'mappings of type 9', message, reader.atField(record, 'vma_type'));
  return isHuge ? 'huge' : 'none';
}

/** Shared memory is brought once, before others show it. @throws {FormatError} `BAD_REFERENCE` */
function checkShared(reader: RecordReader, record: RecordItem, { parts }: WalkContext): void {
  const [type, id] = [numberIn(record.fields, 'vma_type'), numberIn(record.fields, 'ino_objref')];
  const isKnown = parts.memory.has(id);
  if (type === VMA_TYPES.SHM_ANON && (id <= 0 || isKnown))
    reader.fault(reader.badField(record, 'ino_objref', 'a number of its own', id, 'BAD_REFERENCE'));
  if (type === VMA_TYPES.SHM_ANON_SKIP && !isKnown)
    reader.fault(reader.badField(record, 'ino_objref', 'shared memory that was saved before', id, 'BAD_REFERENCE'));
}

function* walkAddressed(
  reader: RecordReader,
  path: string,
  vma: VmaParts,
  context: WalkContext,
): Generator<Step, void> {
  const range = { startVpn: vpnOf(bigintIn(vma.fields, 'vm_start')), endVpn: vpnOf(bigintIn(vma.fields, 'vm_end')) };
  const addresses = addressReader(range, context.runs);
  const target = { addresses, pages: Math.max(0, range.endVpn - range.startVpn), isIndexed: false };
  const faultsBefore = reader.faults.count;
  let left: ElsewhereRead | undefined;
  let isWhole = false;
  try {
    left = yield* walkElsewhere(reader, path, range, context.budget);
    yield* walkChunks(reader, path, target, context);
    isWhole = reader.faults.count === faultsBefore;
  } finally {
    vma.pages = context.runs.take();
    const parentPages = left && parentPagesBeside(reader, left, vma.pages);
    if (parentPages) vma.parentPages = parentPages;
    const uncaptured = isWhole || !context.parts.parentLink ? left?.uncaptured : damagedPages(range);
    if (uncaptured) vma.uncaptured = uncaptured;
  }
}

/** The pages of a huge mapping, whose form is not confirmed: a BUFFER behind each HPAGE, as far as there are any. */
function* walkHuge(reader: RecordReader, path: string, context: WalkContext): Generator<Step, void> {
  for (let i = 0; ; i++) {
    const name = yield* reader.peekName();
    if (name !== 'HPAGE' && name !== 'BUFFER' && name !== 'PGARR') return;
    noteGuess(context, 'huge pages', `${name} of huge pages is carried as bytes`, reader.at(path));
    yield* reader.carry(`${path}.hpage[${String(i)}]`);
  }
}

/** Whether the range can be one. @throws {FormatError} `ADDRESS_UNALIGNED`, `VMA_ORDER`, `BAD_FIELD` */
function checkRange(reader: RecordReader, record: RecordItem, context: WalkContext): boolean {
  const [start, end] = [bigintIn(record.fields, 'vm_start'), bigintIn(record.fields, 'vm_end')];
  const lowest = context.lastVmaEnd ?? 0n;
  const aligned = `a multiple of ${String(PAGE_BYTES)}`;
  const most = context.wordBytes === 4 ? FOUR_GIB : 1n << 64n;
  const checks: readonly (readonly [boolean, string, string, FormatCode])[] = [
    [isPageAligned(start), 'vm_start', aligned, 'ADDRESS_UNALIGNED'],
    [start >= lowest, 'vm_start', `${hexNumber(lowest)} or more`, 'VMA_ORDER'],
    [isPageAligned(end), 'vm_end', aligned, 'ADDRESS_UNALIGNED'],
    [end > start, 'vm_end', `above ${hexNumber(start)}`, 'BAD_FIELD'],
    [end <= most, 'vm_end', 'at most 4 GiB on x86_32', 'BAD_FIELD'],
  ];
  const wrong = checks.find(([isGood]) => !isGood);
  if (wrong) {
    const [, field, expected, code] = wrong;
    const actual = hexNumber(field === 'vm_start' ? start : end);
    const what = `VMA.${field}`;
    reader.fault(new FormatError(code, { at: reader.atField(record, field), what, expected, actual }));
  } else context.lastVmaEnd = end;
  return !wrong;
}
