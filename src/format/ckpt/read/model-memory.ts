import { MM_ADDRESSES, type AddressSpace, type MmAddresses, type Vma } from '../../model/image.js';
import type { ReadImageOptions } from '../../model/read-options.js';
import { vpnOf } from '../../model/page.js';
import { kindOfObject, kindOfVma, segmentName, type VmaFacts, type VmaKind } from '../../model/vma-kind.js';
import { bigintIn, numberIn } from './fields.js';
import { damagedPages } from '../../linux-cr/extension-walk.js';
import { VMA_TYPES, VMA_TYPES_HUGETLB } from '../tables/mm.js';
import type { FileModel } from './model-files.js';
import { rangesShown } from '../../model/page-ranges.js';
import { pagesBefore, pagesShown } from '../../model/page-shift.js';
import { uncapturedShown } from '../../model/uncaptured.js';
import type { MmParts, SharedParts, StreamParts, VmaParts } from './parts.js';
import { isHugetlb } from './vma-walk.js';

/** What mappings are made from. */
interface MemorySources {
  readonly parts: StreamParts;
  readonly files: FileModel;
  readonly vmaType9: ReadImageOptions['vmaType9'];
  /** Contents behind here are not there. */
  readonly endOffset: number;
}

/** The address spaces of an image: tasks that share one have the same object. */
export class MemoryModel {
  readonly #sources: MemorySources;
  readonly #spaces = new Map<MmParts, AddressSpace>();

  constructor(sources: MemorySources) {
    this.#sources = sources;
    for (const shared of sources.parts.memory.values()) shared.pages = pagesBefore(shared.pages, sources.endOffset);
  }

  space(id: number, own: MmParts | undefined): AddressSpace | undefined {
    const parts = this.#sources.parts.mms.get(id) ?? own;
    if (!parts) return undefined;
    const made = this.#spaces.get(parts) ?? spaceOf(parts, this.#sources);
    this.#spaces.set(parts, made);
    return made;
  }
}

function spaceOf(mm: MmParts, sources: MemorySources): AddressSpace {
  const fields = mm.fields ?? {};
  // every address of the model is a field of the record
  const addresses = Object.fromEntries(MM_ADDRESSES.map((name) => [name, bigintIn(fields, name)])) as MmAddresses;
  const { revision } = sources.parts;
  const isNew = revision.auxv !== 'none';
  return {
    ...addresses,
    vmas: mm.vmas.map((vma) => vmaOf(vma, addresses, sources)),
    ldt: mm.ldt,
    id: mm.id === 0 ? undefined : mm.id,
    exe: sources.files.file(numberIn(fields, 'exe_objref')),
    auxv: isNew ? mm.auxv : undefined,
    def_flags: isNew ? bigintIn(fields, 'def_flags') : undefined,
    flags: isNew ? bigintIn(fields, 'flags') : undefined,
    vdso: bigintIn(mm.context, 'vdso'),
  };
}

function vmaOf({ fields, pages, parentPages, uncaptured }: VmaParts, mm: MmAddresses, sources: MemorySources): Vma {
  const { files, endOffset, parts } = sources;
  const objref = numberIn(fields, 'vma_objref');
  const shared = sharedOf(fields, sources.parts);
  const facts: VmaFacts = {
    vm_start: bigintIn(fields, 'vm_start'),
    vm_end: bigintIn(fields, 'vm_end'),
    vm_flags: bigintIn(fields, 'vm_flags'),
    name: files.pathOf(objref) ?? segmentNameIn(fields, sources.parts),
  };
  const fileBytes = bigintIn(fields, 'ino_size');
  const window = windowOf(facts, bigintIn(fields, 'vm_pgoff'));
  const left = shared ? rangesShown(shared.parentPages, window) : parentPages;
  const unknown = shared ? uncapturedShown(shared.uncaptured, window) : uncaptured;
  // whose file was lost is no anonymous memory
  const isLost = parts.parentLink !== undefined && objref > 0 && files.file(objref) === undefined;
  const damaged = isLost && !shared ? damagedPages(window) : undefined;
  const told = damaged ?? unknown;
  const shift = numberIn(fields, 'hugetlb_shift');
  return {
    ...facts,
    vm_page_prot: bigintIn(fields, 'vm_page_prot'),
    vm_pgoff: bigintIn(fields, 'vm_pgoff'),
    kind: kindOf(fields, facts, mm, sources),
    pages: shared ? pagesShown(shared.pages, window) : pagesBefore(pages, endOffset),
    ...(left && { parentPages: left }),
    ...(told && { uncaptured: told }),
    shared,
    file: files.file(objref),
    fileBytes: fileBytes === 0n ? undefined : fileBytes,
    ...(shift !== 0 && { hugetlb_shift: shift }),
  };
}

function windowOf({ vm_start, vm_end }: VmaFacts, pgoff: bigint): Parameters<typeof pagesShown>[1] {
  return { startVpn: vpnOf(vm_start), endVpn: vpnOf(vm_end), pgoff: Number(pgoff) };
}

const SHOWS_SHARED: ReadonlySet<number> = new Set([
  VMA_TYPES.SHM_ANON,
  VMA_TYPES.SHM_ANON_SKIP,
  VMA_TYPES.SHM_IPC_SKIP,
]);

function sharedOf(fields: VmaParts['fields'], { memory }: StreamParts): SharedParts | undefined {
  if (!SHOWS_SHARED.has(numberIn(fields, 'vma_type'))) return undefined;
  return memory.get(numberIn(fields, 'ino_objref'));
}

/** Mappings of segments have no file: their key tells what they are called. */
function segmentNameIn(fields: VmaParts['fields'], { segmentKeys }: StreamParts): string | undefined {
  if (numberIn(fields, 'vma_type') !== VMA_TYPES.SHM_IPC_SKIP) return undefined;
  const key = segmentKeys.get(numberIn(fields, 'ino_objref'));
  return key === undefined ? undefined : segmentName(key);
}

function kindOf(fields: VmaParts['fields'], facts: VmaFacts, mm: MmAddresses, sources: MemorySources): VmaKind {
  const type = numberIn(fields, 'vma_type');
  if (type === VMA_TYPES.DEVICE) {
    const hasHugetlb = sources.parts.revision.types.HPAGE !== undefined;
    return isHugetlb(hasHugetlb, sources.vmaType9) ? 'hugetlb' : 'device';
  }
  return KINDS[type]?.(facts) ?? kindOfVma(facts, mm);
}

/** Types of mapping that are a kind by themselves. Source: spec/cr-stream.md 8.8. */
const KINDS: Readonly<Record<number, (facts: VmaFacts) => VmaKind>> = {
  [VMA_TYPES.VDSO]: () => 'vdso',
  [VMA_TYPES.SHM_ANON]: kindOfObject,
  [VMA_TYPES.SHM_ANON_SKIP]: kindOfObject,
  [VMA_TYPES.SHM_IPC_SKIP]: () => 'sysv',
  [VMA_TYPES_HUGETLB.HUGETLB_SKIP]: () => 'hugetlb',
};
