import { hexNumber } from '../format/layout/unit.js';
import { VMA_KINDS } from '../format/model/vma-kind.js';
import { describeFormat, describeHeader } from './describe-header.js';
import { pageBytes, vmaBytes, vmaLabel } from './describe-vma.js';
import type { AddressSpace, Image, Note, Task, Vma } from '../format/model/image.js';
import type { VmaKind } from '../format/model/vma-kind.js';
import type { FormatDescription, HeaderDescription } from './describe-header.js';

/** All mappings of one kind. */
export interface KindTotals {
  readonly kind: VmaKind;
  readonly vmas: number;
  readonly bytes: number;
  readonly pagesDumped: number;
}

/** One of the largest mappings. */
export interface LargeVma {
  readonly pid: number;
  readonly start: string;
  readonly end: string;
  readonly kind: VmaKind;
  readonly name: string | null;
  readonly sizeBytes: number;
  readonly pagesDumped: number;
}

/** An image on one screen, ready for `JSON.stringify`. An address space that tasks share counts once. */
export interface ImageTotals {
  readonly name: string;
  readonly format: FormatDescription;
  readonly header: HeaderDescription;
  readonly tasks: number;
  readonly threads: number;
  readonly vmas: number;
  /** Address space in mappings. */
  readonly reservedBytes: number;
  readonly pagesDumped: number;
  readonly dumpedBytes: number;
  /** Runs of neighbouring pages. */
  readonly runs: number;
  /** Kinds that occur, by pages dumped and then by size, descending. */
  readonly byKind: readonly KindTotals[];
  /** Descending by size; at most five. */
  readonly largestVmas: readonly LargeVma[];
  readonly fileDescriptors: number;
  /** Open files; descriptors that share one count once. */
  readonly openFiles: number;
  readonly notes: readonly Note[];
}

const LARGEST = 5;

interface Mapped {
  readonly pid: number;
  readonly vma: Vma;
}

/** The mappings of all address spaces, each space once. */
function mappedIn(tasks: readonly Task[]): Mapped[] {
  const seen = new Set<AddressSpace>();
  return tasks.flatMap(({ pid, mm }) => {
    if (!mm || seen.has(mm)) return [];
    seen.add(mm);
    return mm.vmas.map((vma) => ({ pid, vma }));
  });
}

function sum<T>(items: readonly T[], amount: (item: T) => number): number {
  return items.reduce((total, item) => total + amount(item), 0);
}

function totalsOfKind(kind: VmaKind, vmas: readonly Vma[]): KindTotals {
  const pagesDumped = sum(vmas, ({ pages }) => pages.totalPages);
  return { kind, vmas: vmas.length, bytes: sum(vmas, vmaBytes), pagesDumped };
}

function totalsByKind(vmas: readonly Vma[]): KindTotals[] {
  // the table's keys are its kinds
  const kinds = Object.keys(VMA_KINDS) as VmaKind[];
  const byKind = new Map(kinds.map((kind) => [kind, [] as Vma[]]));
  for (const vma of vmas) byKind.get(vma.kind)?.push(vma);
  const totals = [...byKind].map(([kind, ofKind]) => totalsOfKind(kind, ofKind));
  return totals.filter((each) => each.vmas > 0).sort((a, b) => b.pagesDumped - a.pagesDumped || b.bytes - a.bytes);
}

function largest(mapped: readonly Mapped[]): LargeVma[] {
  const bySize = mapped.toSorted((a, b) => vmaBytes(b.vma) - vmaBytes(a.vma));
  return bySize.slice(0, LARGEST).map(({ pid, vma }) => ({
    pid,
    start: hexNumber(vma.vm_start),
    end: hexNumber(vma.vm_end),
    kind: vma.kind,
    name: vmaLabel(vma) ?? null,
    sizeBytes: vmaBytes(vma),
    pagesDumped: vma.pages.totalPages,
  }));
}

/** Counts what an image holds, without reading page contents. */
export function totalsOf(image: Image): ImageTotals {
  const mapped = mappedIn(image.tasks);
  const vmas = mapped.map(({ vma }) => vma);
  const pagesDumped = sum(vmas, ({ pages }) => pages.totalPages);
  const descriptors = image.tasks.flatMap(({ files }) => files);
  return {
    name: image.name,
    format: describeFormat(image),
    header: describeHeader(image.header),
    tasks: image.tasks.length,
    threads: sum(image.tasks, ({ threads }) => threads.length),
    vmas: vmas.length,
    reservedBytes: sum(vmas, vmaBytes),
    pagesDumped,
    dumpedBytes: pageBytes(pagesDumped),
    runs: sum(vmas, ({ pages }) => pages.count),
    byKind: totalsByKind(vmas),
    largestVmas: largest(mapped),
    fileDescriptors: descriptors.length,
    openFiles: new Set(descriptors.map(({ file }) => file)).size,
    notes: image.notes,
  };
}
