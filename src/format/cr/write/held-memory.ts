import {
  NO_MEMORY,
  addressesOf,
  type AddressSpace,
  type MmAddresses,
  type OpenFile,
  type Vma,
} from '../../model/image.js';
import { hexNumber } from '../../layout/unit.js';
import { PAGE_BYTES } from '../../model/page.js';
import { VMA_KINDS, capturedKind, kindOfVma } from '../../model/vma-kind.js';
import type { Lose } from '../../linux-cr/losses.js';

const PAGE = BigInt(PAGE_BYTES);
const AUXV_ENTRY_BYTES = BigUint64Array.BYTES_PER_ELEMENT;

/** An address space as MM, VMA and MM_CONTEXT say it; an empty one where there is none. */
export function heldMemory(mm: AddressSpace = NO_MEMORY, path: string, lose: Lose): AddressSpace {
  const { exe, auxv, def_flags, flags, vdso, vmas, ldt } = mm;
  if (exe) lose(`${path}.exe`, `that the program is ${exe.name}`, 'has no place for it');
  if (auxv?.some((word) => word !== 0n))
    lose(`${path}.auxv`, 'the auxiliary vector', 'has no place for it', auxv.length * AUXV_ENTRY_BYTES);
  const usualVdso = vmas.find(({ kind }) => kind === 'vdso')?.vm_start ?? 0n;
  // what a ckpt stream says that was not told them
  const usual = { def_flags: 0n, flags: 0n, vdso: usualVdso };
  const told = { def_flags, flags, vdso };
  for (const name of ['def_flags', 'flags', 'vdso'] as const) {
    const value = told[name];
    if (value !== undefined && value !== usual[name])
      lose(`${path}.${name}`, `${name}, ${hexNumber(value)}`, 'has no place for it');
  }
  loseBacking(vmas, path, lose);
  const addresses = addressesOf(mm);
  return { ...addresses, ldt, vmas: vmas.map((vma, i) => heldVma(vma, mm, `${path}.vma[${String(i)}]`, lose)) };
}

/** What only ckpt streams say of what is mapped, in one loss each. */
function loseBacking(vmas: readonly Vma[], path: string, lose: Lose): void {
  const named = vmas.filter(({ file, name }) => file && !isPathOnly(file, name)).length;
  if (named > 0) lose(`${path}.vma.file`, `the open files of ${String(named)} mappings`, 'has their paths only');
  const sized = vmas.filter((vma) => vma.fileBytes !== undefined && !isSizedByPages(vma)).length;
  if (sized > 0) lose(`${path}.vma.fileBytes`, `the file sizes of ${String(sized)} mappings`, 'has no place for them');
  const huge = vmas.filter(({ hugetlb_shift = 0 }) => hugetlb_shift !== 0).length;
  if (huge > 0)
    lose(`${path}.vma.hugetlb_shift`, `the page sizes of ${String(huge)} mappings`, 'has no place for them');
}

/** Whether a file says no more than the path of the mapping. */
function isPathOnly({ type, name, f_mode, f_flags, f_pos, f_version, kernel }: OpenFile, path?: string): boolean {
  const isBlank = f_mode === 0 && f_flags === 0 && f_pos === 0n && f_version === 0n && !kernel;
  return type === 'regular' && name === path && isBlank;
}

/** Whether shared memory ends where the mapping of it does, or is as long: its size tells nothing more. */
function isSizedByPages({ shared, fileBytes, vm_start, vm_end, vm_pgoff }: Vma): boolean {
  const shownBytes = vm_end - vm_start;
  return shared !== undefined && (fileBytes === shownBytes || fileBytes === vm_pgoff * PAGE + shownBytes);
}

function heldVma(vma: Vma, mm: MmAddresses, path: string, lose: Lose): Vma {
  const { vm_start, vm_end, vm_page_prot, vm_flags, vm_pgoff, name, pages, parentPages, uncaptured } = vma;
  const kind = kindOfVma(vma, mm);
  if (kind !== vma.kind)
    lose(
      `${path}.kind`,
      `that the mapping is ${vma.kind}, not ${kind}`,
      VMA_KINDS[vma.kind].cr === 'nothing' ? 'has no way to tell' : 'tells by flags and name',
    );
  const kindName = capturedKind(vma, kind);
  const left = { ...(parentPages && { parentPages }), ...(uncaptured && { uncaptured }) };
  return { vm_start, vm_end, vm_page_prot, vm_flags, vm_pgoff, name, kind, ...kindName, pages, ...left };
}
