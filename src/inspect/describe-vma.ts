import { flagNames, hexNumber, jsonInteger } from '../format/layout/unit.js';
import { PAGE_BYTES, vaddrOf, vpnOf } from '../format/model/page.js';
import { VM_FLAGS, permissionText } from '../format/model/vm-flags.js';
import { UNCAPTURED_TEXTS, unknownPages, type UncapturedReason } from '../format/model/uncaptured.js';
import { VMA_KINDS } from '../format/model/vma-kind.js';
import type { JsonValue } from '../format/layout/unit.js';
import type { LeftOut, Vma } from '../format/model/image.js';
import type { PageRuns } from '../format/model/page-runs.js';
import type { AbsentPage, Contents, VmaKind } from '../format/model/vma-kind.js';
import type { MemoryIndex } from './describe-kernel.js';

/** Neighbouring pages that the image holds. */
export interface RunDescription {
  readonly start: string;
  readonly end: string;
  readonly pages: number;
  /** Where the first page lies in the contents, in bytes. */
  readonly offset: number;
}

/** Where the pages of a mapping are: in the image itself, in its ancestors, in an ancestor that is not there, or nowhere. */
export interface PagePlaces {
  readonly own: number;
  readonly fromAncestors: number;
  readonly missing: number;
  readonly absent: number;
}

/** Pages that were not captured though they may be there. */
interface UncapturedDescription {
  readonly pages: number;
  readonly reason: UncapturedReason;
  /** The reason in words. */
  readonly text: string;
}

/** A mapping; addresses, flags and protection in hex. */
export interface VmaDescription {
  readonly start: string;
  readonly end: string;
  /** As in /proc/PID/maps. */
  readonly perms: string;
  readonly kind: VmaKind;
  /** What it was called when it was captured, where that is more than `kind`. */
  readonly kindName: string | null;
  /** Whether a capture takes contents of this kind, and why. */
  readonly contents: Contents;
  readonly reason: string;
  /** What pages read as that are not dumped. */
  readonly absent: AbsentPage;
  /** Of a living process: pages that are there and that no capture takes; `null` for none. */
  readonly leftOut: LeftOut | null;
  /** Pages of which it is not known what they are, and why; `null` for none. */
  readonly uncaptured: UncapturedDescription | null;
  readonly flags: string;
  /** Names of the VM_* bits; bits without a name as one hex number at the end. */
  readonly flagNames: readonly string[];
  readonly prot: string;
  /** Offset in the backing object, in pages. */
  readonly pgoff: JsonValue;
  /** Path, or the label that /proc/PID/maps has for the kind; `null` without either. */
  readonly name: string | null;
  readonly sizeBytes: number;
  /** Of a mapping with `sharedMemory` what shows of that memory's pages. */
  readonly pagesDumped: number;
  /** Index in the shared memory of the image; `null` for a mapping that shows none. */
  readonly sharedMemory: number | null;
  /** Bytes of the backing file; `null` where the format does not keep that. */
  readonly fileBytes: JsonValue;
  /** log2 of the size of its huge pages; `null` where the format does not keep that. */
  readonly hugetlbShift: number | null;
  readonly runs?: readonly RunDescription[];
  /** Of an incremental image: where its pages are. */
  readonly pages?: PagePlaces;
}

export interface VmaOptions {
  /** Lists the page runs of each mapping. Default false. */
  readonly withRuns?: boolean | undefined;
  /** Of an incremental image: contents in front of this offset are in the image itself. */
  readonly ownBytes?: number | undefined;
}

/** Size of a mapping in bytes: exact, since address spaces stay below 2^53 bytes. */
export function vmaBytes(vma: Vma): number {
  return Number(vma.vm_end - vma.vm_start);
}

/** What a mapping is called in /proc/PID/maps; undefined where the line ends before the name. */
export function vmaLabel(vma: Pick<Vma, 'name' | 'kind'>): string | undefined {
  return vma.name ?? VMA_KINDS[vma.kind].label;
}

function describeRuns(runs: PageRuns): RunDescription[] {
  return Array.from({ length: runs.count }, (_, i) => {
    const [vpn, pages] = [runs.vpn[i] ?? 0, runs.nrPages[i] ?? 0];
    const start = hexNumber(vaddrOf(vpn));
    return { start, end: hexNumber(vaddrOf(vpn + pages)), pages, offset: runs.offset[i] ?? 0 };
  });
}

function pagePlaces({ pages, parentPages, vm_start, vm_end }: Vma, ownBytes: number): PagePlaces {
  let own = 0;
  for (let run = 0; run < pages.count; run++) if ((pages.offset[run] ?? 0) < ownBytes) own += pages.nrPages[run] ?? 0;
  const missing = parentPages?.totalPages ?? 0;
  const absent = vpnOf(vm_end) - vpnOf(vm_start) - pages.totalPages - missing;
  return { own, fromAncestors: pages.totalPages - own, missing, absent };
}

type FlagTexts = Pick<VmaDescription, 'perms' | 'flags' | 'flagNames'>;

function describeFlags(flags: bigint): FlagTexts {
  return { perms: permissionText(flags), flags: hexNumber(flags), flagNames: flagNames(VM_FLAGS, flags) };
}

function policyOf(kind: VmaKind): Pick<VmaDescription, 'contents' | 'reason' | 'absent'> {
  const { contents, reason, absent } = VMA_KINDS[kind];
  return { contents, reason, absent };
}

function describeUncaptured({ uncaptured, pages, parentPages }: Vma): UncapturedDescription | null {
  if (!uncaptured) return null;
  const { reason } = uncaptured;
  const unknown = unknownPages(uncaptured, pages, parentPages).totalPages;
  return unknown === 0 ? null : { pages: unknown, reason, text: UNCAPTURED_TEXTS[reason] };
}

function describeVma(vma: Vma, flags: FlagTexts, memories: MemoryIndex, options: VmaOptions): VmaDescription {
  return {
    start: hexNumber(vma.vm_start),
    end: hexNumber(vma.vm_end),
    perms: flags.perms,
    kind: vma.kind,
    kindName: vma.kindName ?? null,
    ...policyOf(vma.kind),
    leftOut: vma.leftOut ?? null,
    uncaptured: describeUncaptured(vma),
    flags: flags.flags,
    flagNames: flags.flagNames,
    prot: hexNumber(vma.vm_page_prot),
    pgoff: jsonInteger(vma.vm_pgoff),
    name: vmaLabel(vma) ?? null,
    sizeBytes: vmaBytes(vma),
    pagesDumped: vma.pages.totalPages,
    sharedMemory: (vma.shared && memories.get(vma.shared)) ?? null,
    fileBytes: vma.fileBytes === undefined ? null : jsonInteger(vma.fileBytes),
    hugetlbShift: vma.hugetlb_shift ?? null,
    ...(options.withRuns === true ? { runs: describeRuns(vma.pages) } : {}),
    ...(options.ownBytes === undefined ? {} : { pages: pagePlaces(vma, options.ownBytes) }),
  };
}

/** Mappings in the order given. Flags are spelled once for each value, so that 65,000 mappings cost little. */
export function describeVmas(vmas: readonly Vma[], memories: MemoryIndex, options: VmaOptions): VmaDescription[] {
  const spelled = new Map<bigint, FlagTexts>();
  return vmas.map((vma) => {
    const flags = spelled.get(vma.vm_flags) ?? describeFlags(vma.vm_flags);
    spelled.set(vma.vm_flags, flags);
    return describeVma(vma, flags, memories, options);
  });
}

/** Bytes in `pages` pages. */
export function pageBytes(pages: number): number {
  return pages * PAGE_BYTES;
}
