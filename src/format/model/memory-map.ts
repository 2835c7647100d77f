import type { ByteSource } from '../bytes/source.js';
import type { AddressSpace, Image, ImageFormat, Vma } from './image.js';
import { rangesOfBoth, type PageRanges } from './page-ranges.js';
import { tableOf, type PageTable } from './page-table.js';
import type { Uncaptured } from './uncaptured.js';
import { VMA_KINDS, type AbsentPage } from './vma-kind.js';

/** One mapping, and where its pages lie. */
export interface MappedArea extends Pick<
  Vma,
  'vm_start' | 'vm_end' | 'vm_page_prot' | 'vm_flags' | 'vm_pgoff' | 'kind' | 'kindName' | 'name'
> {
  readonly pages: PageTable;
  /**
   * Where a page that is not held is not known: it was left to a parent which is not there, or was not captured. It neither
   * reads as zero nor as what is mapped.
   */
  readonly missing?: PageRanges | undefined;
  /** The part of `missing` that was not captured, and why. */
  readonly uncaptured?: Uncaptured | undefined;
  /** It shows an object that the image has all pages of: others read as zero. */
  readonly isWholeObject?: true | undefined;
}

/** What a page of a mapping reads as that the image does not hold. */
export function absentIn({ kind, isWholeObject }: Pick<MappedArea, 'kind' | 'isWholeObject'>): AbsentPage {
  return isWholeObject === true ? 'zero' : VMA_KINDS[kind].absent;
}

/** What a page of a mapping reads as that the image does not hold. */
export function absentOf(vma: Pick<Vma, 'kind' | 'shared' | 'uncaptured'>): AbsentPage {
  if (vma.uncaptured) return 'backing';
  return isWholeObject(vma) ? 'zero' : VMA_KINDS[vma.kind].absent;
}

/** Of huge pages images have the object, and nothing in it. */
function isWholeObject({ shared, kind }: Pick<Vma, 'kind' | 'shared'>): boolean {
  return shared !== undefined && VMA_KINDS[kind].contents === 'object';
}

/** An address space and the tasks that have it. */
export interface MappedSpace {
  /** In the order of the image; never empty. */
  readonly pids: readonly number[];
  /** Name of the first task. */
  readonly comm: string;
  /** Ascending, without overlap. */
  readonly areas: readonly MappedArea[];
}

/** What is needed to read memory from an image: its address spaces, and where each page lies. No more. */
export interface MemoryMap {
  /** For messages. */
  readonly name: string;
  readonly format: ImageFormat;
  /** Each once, in the order of the image. */
  readonly spaces: readonly MappedSpace[];
  /** What the page tables point into. */
  readonly contents: ByteSource;
}

/** The memory of an image whose structure was read. */
export function memoryMapOf({ name, format, tasks, contents }: Image): MemoryMap {
  const pids = new Map<AddressSpace, number[]>();
  const spaces: MappedSpace[] = [];
  for (const { pid, mm, threads } of tasks) {
    if (!mm) continue;
    const known = pids.get(mm);
    if (known) {
      known.push(pid);
      continue;
    }
    const own = [pid];
    pids.set(mm, own);
    spaces.push({ pids: own, comm: threads[0].comm, areas: mm.vmas.map(areaOf) });
  }
  return { name, format, spaces, contents };
}

function areaOf(vma: Vma): MappedArea {
  const { vm_start, vm_end, vm_page_prot, vm_flags, vm_pgoff, kind, kindName, name, pages, parentPages, uncaptured } =
    vma;
  const missing = rangesOfBoth(parentPages, uncaptured?.ranges);
  return {
    vm_start,
    vm_end,
    vm_page_prot,
    vm_flags,
    vm_pgoff,
    kind,
    ...(kindName !== undefined && { kindName }),
    name,
    pages: tableOf(pages),
    ...(missing && { missing }),
    ...(uncaptured && { uncaptured }),
    ...(isWholeObject(vma) && { isWholeObject: true }),
  };
}
