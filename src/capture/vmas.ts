import type { Vma } from '../format/model/image.js';
import { PAGE_BYTES, vaddrOf, vpnOf } from '../format/model/page.js';
import { PageRangesBuilder, oneRange, type PageRanges } from '../format/model/page-ranges.js';
import { NO_PAGES, PageRunsBuilder, type PageRuns } from '../format/model/page-runs.js';
import { VM_FLAGS, hasFlag, pageProtection } from '../format/model/vm-flags.js';
import { VMA_KINDS, type Contents, type HeapAndStack, type VmaFacts, type VmaKind } from '../format/model/vma-kind.js';
import { layeredRuns } from './clipped-runs.js';
import { includedContents, type Choice, type ContentsPolicy, type Part } from './contents-policy.js';
import { liveFactsOf } from './live-facts.js';
import { nameOfMapping } from './mapping-name.js';
import { selectPages, type PageLookup } from './page-selection.js';
import { presentPages } from './present-pages.js';
import type { Mapping } from './smaps.js';
import { synthesiseFlags } from './vma-flags.js';

const SHARED_BITS = VM_FLAGS.SHARED | VM_FLAGS.MAYSHARE;

type Select = (lookup: PageLookup, mapping: Mapping) => PageRuns;

function everyPage(mapping: Mapping): PageRuns {
  const builder = new PageRunsBuilder();
  builder.add(mapping.startVpn, mapping.endVpn - mapping.startVpn, mapping.startVpn * PAGE_BYTES);
  return builder.take();
}

const SELECT: Readonly<Record<Contents, Select>> = {
  none: () => NO_PAGES,
  all: (_lookup, mapping) => everyPage(mapping),
  existing: (lookup, mapping) => selectPages(lookup, mapping, 'zero'),
  written: (lookup, mapping) => selectPages(lookup, mapping, 'backing'),
  object: presentPages,
};

/** The pages that are captured. */
function selectChosen(
  lookup: PageLookup,
  mapping: Mapping,
  vma: VmaFacts,
  { kind, contents, parts }: Choice,
): PageRuns {
  const whole = SELECT[contents](lookup, mapping);
  if (parts.length === 0) return whole;
  const isMoreNamed = contents === 'none' && parts.some(({ isIncluded }) => isIncluded);
  const named = isMoreNamed ? SELECT[includedContents(vma, kind)](lookup, mapping) : whole;
  const layers = parts.map(({ isIncluded, ...range }) => ({ ...range, runs: isIncluded ? named : undefined }));
  return layeredRuns([{ ...mapping, runs: whole }, ...layers]);
}

/** What exists of a mapping and is not among what is captured; counted by smaps, which looks at what is there now. */
function leftOutOf(mapping: Mapping, pages: PageRuns, { kind, contents, parts, reason }: Choice): Pick<Vma, 'leftOut'> {
  if (contents !== 'none' && parts.length === 0) return {};
  const { anonymousPages, residentPages, swappedPages } = mapping;
  const existing = (VMA_KINDS[kind].ckpt === 'PRIVATE' ? anonymousPages : residentPages) + swappedPages;
  const left = existing - pages.totalPages;
  return left > 0 ? { leftOut: { pages: left, reason } } : {};
}

/** Where pages that are there may have been left out. */
function uncapturedOf({ startVpn, endVpn }: Mapping, vm_flags: bigint, choice: Choice): Pick<Vma, 'uncaptured'> {
  const { kind, contents, parts, uncaptured } = choice;
  if (uncaptured === undefined) return {};
  // of a part of an object pages are found as far as the process has them: others may be there
  const isInObject = VMA_KINDS[kind].contents === 'object' && hasFlag(vm_flags, SHARED_BITS);
  const ranges = isInObject
    ? oneRange(startVpn, endVpn - startVpn)
    : rangesLeftOut([{ startVpn, endVpn, isIncluded: contents !== 'none' }, ...parts]);
  return ranges.count === 0 ? {} : { uncaptured: { ranges, reason: uncaptured } };
}

/** The pages whose last part is not included. */
function rangesLeftOut(parts: readonly Part[]): PageRanges {
  const edges = [...new Set(parts.flatMap(({ startVpn, endVpn }) => [startVpn, endVpn]))].sort((a, b) => a - b);
  const out = new PageRangesBuilder();
  edges.forEach((startVpn, i) => {
    const last = parts.findLast((part) => part.startVpn <= startVpn && startVpn < part.endVpn);
    const endVpn = edges[i + 1];
    if (last?.isIncluded === false && endVpn !== undefined) out.add(startVpn, endVpn - startVpn);
  });
  return out.take();
}

/** What of a process its mappings are judged by. */
export interface ProgramPlaces extends HeapAndStack {
  readonly start_code: bigint;
}

/** Device and inode of the program, found by the mapping that its code lies in. */
function programFileId(mappings: readonly Mapping[], start_code: bigint): string | undefined {
  const vpn = vpnOf(start_code);
  return mappings.find((mapping) => mapping.startVpn <= vpn && vpn < mapping.endVpn)?.fileId;
}

/** Memory without a file counts its pages from address 0, as the kernel does; its own mappings start at 0. */
function pgoffOf(mapping: Mapping, kind: VmaKind, name: string | undefined): bigint {
  const isAnonymous = name === undefined && VMA_KINDS[kind].ckpt === 'PRIVATE';
  return BigInt(isAnonymous ? mapping.startVpn : mapping.offsetPages);
}

/** What all mappings of a process have in common. */
interface Surroundings {
  readonly lookup: PageLookup;
  readonly pid: number;
  readonly mm: HeapAndStack;
  readonly program: string | undefined;
  readonly policy: ContentsPolicy;
}

function describeMapping({ lookup, pid, mm, program, policy }: Surroundings, mapping: Mapping): Vma {
  const name = nameOfMapping(pid, mapping);
  const hasFile = name !== undefined;
  const vm_flags = synthesiseFlags(mapping.flagCodes, {
    isVdso: mapping.path === '[vdso]',
    hasFile,
    isExecutable: hasFile && mapping.fileId === program,
  });
  const bounds = { vm_start: vaddrOf(mapping.startVpn), vm_end: vaddrOf(mapping.endVpn) };
  const facts = { ...bounds, vm_flags, name, live: liveFactsOf(lookup, pid, mapping, name) };
  const choice = policy.choose(facts, mm);
  const { kind, kindName } = choice;
  const vma: Vma = {
    ...bounds,
    vm_page_prot: pageProtection(vm_flags),
    vm_flags,
    vm_pgoff: pgoffOf(mapping, kind, name),
    kind,
    ...(kindName !== undefined && { kindName }),
    name,
    pages: NO_PAGES,
  };
  // of what is left out in part there is no object: it is captured as what this mapping shows of it
  const isWhole = choice.parts.every(({ isIncluded }) => isIncluded);
  if (choice.contents === 'object' && isWhole && lookup.noteObject?.(mapping, vma) === true) return vma;
  const pages = selectChosen(lookup, mapping, facts, choice);
  return { ...vma, pages, ...leftOutOf(mapping, pages, choice), ...uncapturedOf(mapping, vm_flags, choice) };
}

/**
 * All mappings of a process with the pages that are captured of each.
 *
 * @param mappings from smaps, read since the process stands still
 * @throws {CaptureError} `TARGET_ENDED`, `TARGET_EXECED`
 */
export function describeVmas(
  lookup: PageLookup,
  pid: number,
  mappings: readonly Mapping[],
  places: ProgramPlaces,
  { policy, signal }: { readonly policy: ContentsPolicy; readonly signal: AbortSignal | undefined },
): Vma[] {
  const program = programFileId(mappings, places.start_code);
  return mappings.map((mapping) => {
    signal?.throwIfAborted();
    return describeMapping({ lookup, pid, mm: places, program, policy }, mapping);
  });
}
