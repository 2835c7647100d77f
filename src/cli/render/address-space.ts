import { addressDigits, addressText, rangeText } from './address.js';
import { countText, sizeText } from './amount.js';
import { leftAligned, widest } from './column.js';
import { printable } from './printable.js';
import { sharedMemoryName } from './shared-memory.js';
import { pageBytes } from '../../inspect/describe-vma.js';
import type { DescriptorDescription, MmDescription } from '../../inspect/describe-task.js';
import type { VmaDescription } from '../../inspect/describe-vma.js';
import type { Palette } from './palette.js';

const SIZE_WIDTH = '1023.9 KiB'.length;
/** Bit 3 of the type of a segment that is no system segment. */
const CODE_TYPE = 8;
const ENTRIES_A_LINE = 4;

function sum(vmas: readonly VmaDescription[], amount: (vma: VmaDescription) => number): number {
  return vmas.reduce((total, vma) => total + amount(vma), 0);
}

function summary({ vmas }: MmDescription): string {
  const pages = sum(vmas, (vma) => vma.pagesDumped);
  const mapped = sizeText(sum(vmas, (vma) => vma.sizeBytes));
  const dumped = `${countText(pages, 'page')} (${sizeText(pageBytes(pages))}) dumped`;
  return `memory: ${countText(vmas.length, 'mapping')}, ${mapped} mapped, ${dumped}`;
}

function kindText({ kind, kindName }: VmaDescription): string {
  return printable(kindName ?? kind);
}

function leftOutText({ leftOut, uncaptured }: VmaDescription): string {
  if (leftOut !== null) return `  (${countText(leftOut.pages, 'page')} left out: ${printable(leftOut.reason)})`;
  return uncaptured === null ? '' : `  (${countText(uncaptured.pages, 'page')} not captured: ${uncaptured.text})`;
}

function placesText({ pages }: VmaDescription): string {
  if (!pages || pages.fromAncestors + pages.missing === 0) return '';
  const { own, fromAncestors, missing, absent } = pages;
  const lost = missing === 0 ? '' : `, ${String(missing)} missing`;
  return `  (${String(own)} own, ${String(fromAncestors)} from ancestors${lost}, ${String(absent)} absent)`;
}

/** Why there are no contents of kinds that a capture leaves out, once each. */
function* reasonLines(vmas: readonly VmaDescription[]): Generator<string> {
  const told = new Set<string>();
  for (const { kind, contents, pagesDumped, reason, absent } of vmas) {
    if (contents !== 'none' || pagesDumped > 0 || told.has(kind)) continue;
    told.add(kind);
    const reads = absent === 'zero' ? ', reads as zeros' : '';
    yield `${kind}: no contents${reads} (${reason})`;
  }
}

/** One line for each mapping, like `pmap -X`: range, permissions, kind, pages dumped, size, name. */
function* vmaLines(vmas: readonly VmaDescription[], digits: number, palette: Palette): Generator<string> {
  const kindWidth = widest(new Set(vmas.map(kindText)));
  const mostPages = vmas.reduce((most, vma) => Math.max(most, vma.pagesDumped), 0);
  const pagesWidth = String(mostPages).length;
  for (const vma of vmas) {
    const kind = leftAligned(kindText(vma), kindWidth);
    const pages = String(vma.pagesDumped).padStart(pagesWidth);
    const size = sizeText(vma.sizeBytes).padStart(SIZE_WIDTH);
    const name = vma.name === null ? '' : `  ${palette.name(printable(vma.name))}`;
    const shown = vma.sharedMemory === null ? '' : `  (${sharedMemoryName(vma.sharedMemory)})`;
    yield `    ${rangeText(vma, digits)} ${vma.perms} ${kind}  ${pages}  ${size}${name}${shown}${placesText(vma)}${leftOutText(vma)}`;
  }
}

/** A segment descriptor: place, base, limit and what its bits say. */
export function descriptorText(table: string, descriptor: DescriptorDescription): string {
  const { index, base, limit, type, isPageGranular } = descriptor;
  const isCode = (type & CODE_TYPE) !== 0;
  const what = descriptor.isCodeOrData ? (isCode ? 'code' : 'data') : 'system';
  const width = descriptor.isLong ? '64-bit' : descriptor.is32Bit ? '32-bit' : '16-bit';
  const presence = descriptor.isPresent ? '' : ', not present';
  const unit = isPageGranular ? 'pages' : 'bytes';
  const place = `${table}[${String(index)}] base ${base}, limit ${limit} ${unit}`;
  return `${place}, ${width} ${what} (type ${String(type)}), dpl ${String(descriptor.dpl)}${presence}`;
}

function* segmentLines({ addresses }: MmDescription, digits: number): Generator<string> {
  const text = (vaddr: string): string => addressText(vaddr, digits);
  const range = (start: string, end: string): string => `${text(start)}-${text(end)}`;
  const { start_code, end_code, start_data, end_data, start_brk, brk, start_stack } = addresses;
  yield `code ${range(start_code, end_code)}, data ${range(start_data, end_data)}, heap ${range(start_brk, brk)}`;
  const { arg_start, arg_end, env_start, env_end } = addresses;
  yield `stack ${text(start_stack)}, arguments ${range(arg_start, arg_end)}, environment ${range(env_start, env_end)}`;
}

/** What only some formats keep of an address space; nothing where they keep none of it. */
function extrasText({ exe, auxv, vdso, defFlags, flags }: MmDescription): string {
  const facts = [
    ...(exe === null ? [] : [`program ${printable(exe.name)}`]),
    ...(vdso === null ? [] : [`vdso ${vdso}`]),
    ...(auxv === null ? [] : [`auxv of ${String(auxv.length)}`]),
    ...(defFlags === null ? [] : [`def_flags ${defFlags}`]),
    ...(flags === null ? [] : [`flags ${flags}`]),
  ];
  return facts.join(', ');
}

/** The auxiliary vector, several entries a line. */
function* auxvLines({ auxv }: MmDescription): Generator<string> {
  const entries = (auxv ?? []).map(({ type, value }) => `${type} ${value}`);
  for (let i = 0; i < entries.length; i += ENTRIES_A_LINE) yield entries.slice(i, i + ENTRIES_A_LINE).join(', ');
}

/** The address space of a task: totals, mappings, the addresses in mm_struct, the LDT. */
export function* addressSpaceLines(mm: MmDescription, palette: Palette): Generator<string> {
  const digits = addressDigits(mm.vmas.map((vma) => vma.end));
  yield `  ${summary(mm)}`;
  yield* vmaLines(mm.vmas, digits, palette);
  const extras = extrasText(mm);
  const facts = [
    ...reasonLines(mm.vmas),
    ...segmentLines(mm, digits),
    ...(extras === '' ? [] : [extras]),
    ...auxvLines(mm),
  ];
  for (const line of facts) yield palette.faint(`    ${line}`);
  if (mm.ldt.length > 0) yield `  ldt: ${countText(mm.ldt.length, 'descriptor')}`;
  for (const descriptor of mm.ldt) yield `    ${descriptorText('ldt', descriptor)}`;
}
