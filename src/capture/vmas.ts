import type { Vma } from '../format/model/image.js';
import { PAGE_BYTES, vaddrOf, vpnOf } from '../format/model/page.js';
import { NO_PAGES, PageRunsBuilder, type PageRuns } from '../format/model/page-runs.js';
import { pageProtection } from '../format/model/vm-flags.js';
import { kindOfVma, type HeapAndStack, type VmaKind } from '../format/model/vma-kind.js';
import { nameOfMapping } from './mapping-name.js';
import { selectPages, type PageLookup } from './page-selection.js';
import type { Mapping } from './smaps.js';
import { synthesiseFlags } from './vma-flags.js';

/** Which pages of a mapping are captured. */
type Contents = 'none' | 'all' | 'existing' | 'written';

const CONTENTS: Readonly<Record<VmaKind, Contents>> = {
  vsyscall: 'none',
  vvar: 'none',
  // reading it allocates nothing: all processes share its pages
  vdso: 'all',
  device: 'none',
  hugetlb: 'none',
  sysv: 'none',
  // of these an object has the contents: see shared-objects.ts
  memfd: 'none',
  'shared-anon': 'none',
  'shared-file': 'none',
  file: 'written',
  heap: 'existing',
  stack: 'existing',
  anon: 'existing',
};

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
};

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
function pgoffOf(mapping: Mapping, kind: VmaKind): bigint {
  const isAnonymous = CONTENTS[kind] === 'existing';
  return BigInt(isAnonymous ? mapping.startVpn : mapping.offsetPages);
}

function describeMapping(lookup: PageLookup, pid: number, mapping: Mapping, mm: HeapAndStack, program?: string): Vma {
  const name = nameOfMapping(pid, mapping);
  const hasFile = name !== undefined;
  const vm_flags = synthesiseFlags(mapping.flagCodes, {
    isVdso: mapping.path === '[vdso]',
    hasFile,
    isExecutable: hasFile && mapping.fileId === program,
  });
  const bounds = { vm_start: vaddrOf(mapping.startVpn), vm_end: vaddrOf(mapping.endVpn) };
  const kind = kindOfVma({ ...bounds, vm_flags, name }, mm);
  return {
    ...bounds,
    vm_page_prot: pageProtection(vm_flags),
    vm_flags,
    vm_pgoff: pgoffOf(mapping, kind),
    kind,
    name,
    pages: SELECT[CONTENTS[kind]](lookup, mapping),
  };
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
  signal: AbortSignal | undefined,
): Vma[] {
  const program = programFileId(mappings, places.start_code);
  return mappings.map((mapping) => {
    signal?.throwIfAborted();
    const vma = describeMapping(lookup, pid, mapping, places, program);
    lookup.noteMapping?.(mapping, vma);
    return vma;
  });
}
