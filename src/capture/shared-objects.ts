import type { Vma } from '../format/model/image.js';
import { PAGE_BYTES, vpnOf } from '../format/model/page.js';
import { NO_PAGES, PageRunsBuilder, type PageRuns } from '../format/model/page-runs.js';
import { pagesShown } from '../format/model/page-shift.js';
import type { SegmentFacts, SharedMemory } from '../format/model/shared-memory.js';
import { oneRange } from '../format/model/page-ranges.js';
import { uncapturedShown, type Uncaptured } from '../format/model/uncaptured.js';
import { VM_FLAGS, hasFlag } from '../format/model/vm-flags.js';
import { VMA_KINDS } from '../format/model/vma-kind.js';
import type { ContentsLayout } from './contents.js';
import type { ProcessMemory } from './memory.js';
import { PAGEMAP } from './page-class.js';
import type { Pagemap } from './pagemap.js';
import { SharedFile } from './shared-file.js';
import type { Mapping } from './smaps.js';
import type { StopDeadline } from './stop-deadline.js';
import { ipcNamespaceOf, readSegments, type SegmentRow } from './sysv-segments.js';
import { unionOfRuns } from './union-of-runs.js';

/** Device and inode of memory that belongs to no object. */
const NO_FILE = '00:00 0';

/** A process that shared memory is looked up in and read from. */
export interface Mapper {
  readonly pid: number;
  readonly pagemap: Pagemap;
  readonly memory: ProcessMemory;
  /** Makes these pages part of the contents; returns what is added to their addresses there. */
  readonly place: (startVpn: number, endVpn: number) => number;
}

/** One mapping of an object. */
interface View {
  readonly mapper: Mapper;
  readonly mapping: Mapping;
  readonly vma: Vma;
}

/** How objects are read. */
export interface ResolveOptions {
  /** Takes the objects that are read by themselves, which the caller closes, also after an error. */
  readonly files: SharedFile[];
  readonly signal: AbortSignal | undefined;
  /** Until when the processes stand still. */
  readonly deadline: StopDeadline | undefined;
}

/** What became of the objects that were collected. */
export interface SharedContents {
  /** The mappings of each object with what they show of it, by what was collected. */
  readonly vmas: ReadonlyMap<Vma, Vma>;
  /** What may be missing, for people. */
  readonly warnings: readonly string[];
}

/** Pages of shared memory that are there for a process, by the top byte of their entry. */
const THERE = Uint8Array.from({ length: 256 }, (_, flags) => {
  const isMarker = (flags & PAGEMAP.PRESENT) === 0 && (flags & (PAGEMAP.GUARD | PAGEMAP.UFFD_WP)) !== 0;
  return (flags & (PAGEMAP.PRESENT | PAGEMAP.SWAPPED)) !== 0 && !isMarker ? 1 : 0;
});

const SHARED_BITS = VM_FLAGS.SHARED | VM_FLAGS.MAYSHARE;

/** All mappings of one object. */
interface Viewed {
  readonly views: View[];
  /** Of a SysV segment. */
  readonly namespace: string | undefined;
}

/** What is known of an object by where it stands in the tables of the kernel. */
interface Told {
  readonly segment: SegmentFacts | undefined;
  readonly row: SegmentRow | undefined;
}

/**
 * Collects the shared memory that mappings show, and then finds the pages of each object: those that any process has
 * in its page table and, where we may read the object itself, those that nobody has: swapped ones, and what was written by
 * processes that are gone.
 * Source: spec/proc.md 3 to 5.
 */
export class SharedObjects {
  readonly #objects = new Map<string, Viewed>();

  /** Notes a mapping, if it shows shared memory; tells whether it does. */
  add(mapper: Mapper, mapping: Mapping, vma: Vma): boolean {
    const { contents } = VMA_KINDS[vma.kind];
    // private mappings of huge pages have pages of their own
    const isObject = contents === 'object' && hasFlag(vma.vm_flags, SHARED_BITS) && mapping.fileId !== NO_FILE;
    if (!isObject) return false;
    // segments have numbers of their own in each namespace, which other objects may have for an inode
    const namespace = vma.kind === 'sysv' ? ipcNamespaceOf(mapper.pid) : undefined;
    const key = `${namespace ?? ''} ${mapping.fileId}`;
    const viewed = this.#objects.get(key) ?? { views: [], namespace };
    this.#objects.set(key, viewed);
    viewed.views.push({ mapper, mapping, vma });
    return true;
  }

  /**
   * Finds all pages, by synchronous calls only.
   *
   * @throws {CaptureError} `TARGET_ENDED`, `TARGET_EXECED`, `DEADLINE`
   */
  resolve(layout: ContentsLayout, options: ResolveOptions): SharedContents {
    const vmas = new Map<Vma, Vma>();
    const warnings = new Set<string>();
    const tell = segmentTeller(warnings);
    for (const { views, namespace } of this.#objects.values()) {
      options.signal?.throwIfAborted();
      const told = tell(views, namespace);
      const found = resolveObject(views, layout, options, { told, warnings });
      const shared = told.segment ? { ...found, segment: told.segment } : found;
      for (const { vma } of views) vmas.set(vma, shownBy(vma, shared));
    }
    return { vmas, warnings: [...warnings] };
  }
}

function shownBy(vma: Vma, shared: SharedMemory): Vma {
  const { vm_start, vm_end, vm_pgoff } = vma;
  const window = { startVpn: vpnOf(vm_start), endVpn: vpnOf(vm_end), pgoff: Number(vm_pgoff) };
  const uncaptured = uncapturedShown(shared.uncaptured, window);
  return { ...vma, shared, pages: pagesShown(shared.pages, window), ...(uncaptured && { uncaptured }) };
}

/** Looks up segments in the table of their namespace, which is read once. */
function segmentTeller(warnings: Set<string>): (views: readonly View[], namespace: string | undefined) => Told {
  const tables = new Map<string, ReturnType<typeof readSegments>>();
  return ([view], namespace) => {
    if (namespace === undefined || !view) return { segment: undefined, row: undefined };
    if (!tables.has(namespace)) tables.set(namespace, readSegments(namespace));
    const table = tables.get(namespace);
    if (!table) warnings.add(FOREIGN_NAMESPACE);
    // inode of the mapping
    const row = table?.get(view.mapping.fileId.split(' ')[1] ?? '');
    return { row, segment: row && { namespace, fields: row.fields } };
  };
}

const FOREIGN_NAMESPACE =
  'key and owner of SysV segments are not known: they belong to another IPC namespace, whose table the kernel does not show us';

const NOT_READABLE =
  'shared memory cannot be read by itself (needed: root, or CAP_CHECKPOINT_RESTORE): pages of it that no captured process ' +
  'has in its page table may be missing';

function resolveObject(
  views: readonly View[],
  layout: ContentsLayout,
  { files, deadline }: ResolveOptions,
  { told, warnings }: { readonly told: Told; readonly warnings: Set<string> },
): SharedMemory {
  const [first] = views;
  const file = first && SharedFile.open(first.mapper.pid, first.mapping, deadline);
  if (!file) {
    const pages = presentInAny(views, Infinity);
    const endPages = endOf(views);
    // the kernel counts what a segment has: nothing is missing if we see as much
    const isWhole = told.row !== undefined && told.row.allocatedBytes <= pages.totalPages * PAGE_BYTES;
    const unknown = isWhole ? undefined : unreadable(endPages);
    if (unknown) warnings.add(NOT_READABLE);
    const sizeBytes = BigInt(endPages * PAGE_BYTES);
    return { id: undefined, sizeBytes, pages, ...(unknown && { uncaptured: unknown }) };
  }
  files.push(file);
  if (!file.isSearchable) warnings.add(`${file.name} is too large to be searched for pages that nobody has mapped`);
  const present = presentInAny(views, file.allocatedPages);
  const others = file.pagesBeside(present, file.allocatedPages - present.totalPages);
  return {
    id: undefined,
    sizeBytes: BigInt(file.sizeBytes),
    pages: unionOfRuns(present, placed(others, file, layout)),
    ...(!file.isSearchable && { uncaptured: unreadable(Math.ceil(file.sizeBytes / PAGE_BYTES)) }),
  };
}

/** Of an object whose pages are known only as far as a process has them. */
function unreadable(pages: number): Uncaptured {
  return { ranges: oneRange(0, pages), reason: 'unreadable' };
}

/** The pages by their place in the contents. */
function placed(runs: PageRuns, file: SharedFile, layout: ContentsLayout): PageRuns {
  if (runs.count === 0) return runs;
  const firstIndex = runs.vpn[0] ?? 0;
  const endIndex = (runs.vpn[runs.count - 1] ?? 0) + (runs.nrPages[runs.count - 1] ?? 0);
  const by = layout.place(file, firstIndex * PAGE_BYTES, (endIndex - firstIndex) * PAGE_BYTES);
  return { ...runs, offset: runs.offset.map((offset) => offset + by) };
}

/** The first page behind all that is mapped. */
function endOf(views: readonly View[]): number {
  return views.reduce((end, { mapping }) => Math.max(end, mapping.offsetPages + mapping.endVpn - mapping.startVpn), 0);
}

/** The union of what the processes have; no more are asked when all that the object has are found. */
function presentInAny(views: readonly View[], allocatedPages: number): PageRuns {
  let found = NO_PAGES;
  for (const view of views) {
    if (found.totalPages >= allocatedPages) break;
    found = unionOfRuns(found, presentIn(view));
  }
  return found;
}

function presentIn({ mapper, mapping }: View): PageRuns {
  const { startVpn, endVpn, offsetPages } = mapping;
  const builder = new PageRunsBuilder();
  let by: number | undefined;
  mapper.pagemap.scan(startVpn, endVpn, THERE, (_class, vpn, nrPages) => {
    by ??= mapper.place(startVpn, endVpn);
    builder.add(vpn - startVpn + offsetPages, nrPages, vpn * PAGE_BYTES + by);
  });
  return builder.take();
}
