import { hexNumber } from '../format/layout/unit.js';
import { NO_PAGES } from '../format/model/page-runs.js';
import { VMA_KIND_NAMES } from '../format/model/vma-kind.js';
import { chainFactsOf, type ChainFacts } from './describe-chain.js';
import { describeFormat, describeHeader } from './describe-header.js';
import { pageBytes, vmaBytes, vmaLabel } from './describe-vma.js';
import { kernelItemsIn, mappedIn, sharedMemoryIn } from './shared-memory.js';
import type { Image, Note, Task } from '../format/model/image.js';
import type { PageRuns } from '../format/model/page-runs.js';
import type { SharedMemory } from '../format/model/shared-memory.js';
import type { VmaKind } from '../format/model/vma-kind.js';
import type { MappedVma } from './shared-memory.js';
import type { FormatDescription, HeaderDescription } from './describe-header.js';

/** All mappings of one kind, or of one name that they were captured by. */
export interface KindTotals {
  readonly kind: VmaKind;
  /** What they were called when they were captured, where that is more than `kind`. */
  readonly kindName: string | null;
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

/**
 * An image on one screen, ready for `JSON.stringify`. What tasks share counts once: an address space, a file table, and
 * the pages of a shared memory, which count whole for the first mapping that shows it.
 */
export interface ImageTotals extends ChainFacts {
  readonly name: string;
  readonly format: FormatDescription;
  readonly header: HeaderDescription;
  readonly tasks: number;
  /** Tasks that have ended and wait for their parents. */
  readonly zombies: number;
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
  /** Memory that more than one mapping may show. */
  readonly sharedMemory: number;
  /** Kernel structures that are carried without a view of their own: credentials, namespaces, sockets. */
  readonly kernelRecords: number;
  readonly notes: readonly Note[];
}

const LARGEST = 5;

/** A mapping and the pages that count for it. */
interface Counted extends MappedVma {
  readonly counted: PageRuns;
}

/** All mappings, each with its pages; of a shared memory the first has all of them, and the others none. */
function countedIn(tasks: readonly Task[]): Counted[] {
  const seen = new Set<SharedMemory>();
  return mappedIn(tasks).map(({ pid, vma }) => {
    const { shared } = vma;
    if (!shared) return { pid, vma, counted: vma.pages };
    const counted = seen.has(shared) ? NO_PAGES : shared.pages;
    seen.add(shared);
    return { pid, vma, counted };
  });
}

function sum<T>(items: readonly T[], amount: (item: T) => number): number {
  return items.reduce((total, item) => total + amount(item), 0);
}

/** The kind of a segment that is in no mapping. */
const UNMAPPED: VmaKind = 'sysv';

/** Tells for each kind what its mappings are and hold. */
function totalsByKind(counted: readonly Counted[], unmapped: readonly SharedMemory[]): KindTotals[] {
  const noTotals = (kind: VmaKind, kindName: string | null) => ({ kind, kindName, vmas: 0, bytes: 0, pagesDumped: 0 });
  const byKind = new Map<string, ReturnType<typeof noTotals>>(
    VMA_KIND_NAMES.map((kind) => [kind, noTotals(kind, null)]),
  );
  for (const { vma, counted: pages } of counted) {
    const name = vma.kindName ?? vma.kind;
    const totals = byKind.get(name) ?? noTotals(vma.kind, name);
    byKind.set(name, totals);
    totals.vmas++;
    totals.bytes += vmaBytes(vma);
    totals.pagesDumped += pages.totalPages;
  }
  const apart = byKind.get(UNMAPPED);
  if (apart) apart.pagesDumped += sum(unmapped, ({ pages }) => pages.totalPages);
  const totals = [...byKind.values()].filter(({ vmas, pagesDumped }) => vmas + pagesDumped > 0);
  return totals.sort((a, b) => b.pagesDumped - a.pagesDumped || b.bytes - a.bytes);
}

function largest(mapped: readonly MappedVma[]): LargeVma[] {
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

type FileTotals = Pick<ImageTotals, 'fileDescriptors' | 'openFiles'>;

function fileTotals(tasks: readonly Task[]): FileTotals {
  const descriptors = [...new Set(tasks.map(({ files }) => files))].flat();
  return { fileDescriptors: descriptors.length, openFiles: new Set(descriptors.map(({ file }) => file)).size };
}

type MemoryTotals = Pick<
  ImageTotals,
  'vmas' | 'reservedBytes' | 'pagesDumped' | 'dumpedBytes' | 'runs' | 'byKind' | 'largestVmas' | 'sharedMemory'
>;

function memoryTotals(image: Image): MemoryTotals {
  const counted = countedIn(image.tasks);
  const memories = [...sharedMemoryIn(image)];
  const unmapped = memories.flatMap(([memory, users]) => (users.length === 0 ? [memory] : []));
  const held = [...counted.map(({ counted: pages }) => pages), ...unmapped.map(({ pages }) => pages)];
  const pagesDumped = sum(held, ({ totalPages }) => totalPages);
  return {
    vmas: counted.length,
    reservedBytes: sum(counted, ({ vma }) => vmaBytes(vma)),
    pagesDumped,
    dumpedBytes: pageBytes(pagesDumped),
    runs: sum(held, ({ count }) => count),
    byKind: totalsByKind(counted, unmapped),
    largestVmas: largest(counted),
    sharedMemory: memories.length,
  };
}

/** Counts what an image holds, without reading page contents. */
export function totalsOf(image: Image): ImageTotals {
  const { tasks } = image;
  return {
    name: image.name,
    format: describeFormat(image),
    header: describeHeader(image.header),
    tasks: tasks.length,
    zombies: tasks.filter(({ mm }) => mm === undefined).length,
    threads: sum(tasks, ({ threads }) => threads.length),
    ...memoryTotals(image),
    ...fileTotals(tasks),
    kernelRecords: kernelItemsIn(image).filter(({ kind }) => kind === 'record').length,
    notes: image.notes,
    ...chainFactsOf(image),
  };
}
