import { NO_MEMORY, addressesOf, type AddressSpace, type MmAddresses, type Vma } from '../../model/image.js';
import { hexNumber } from '../../layout/unit.js';
import { kindOfVma } from '../../model/vma-kind.js';
import type { Lose } from '../../linux-cr/losses.js';

const AUXV_ENTRY_BYTES = BigUint64Array.BYTES_PER_ELEMENT;

/** An address space as MM, VMA and MM_CONTEXT say it; an empty one where there is none. */
export function heldMemory(mm: AddressSpace = NO_MEMORY, path: string, lose: Lose): AddressSpace {
  const { exe, auxv, def_flags, flags, vdso, vmas, ldt } = mm;
  if (exe) lose(`${path}.exe`, `that the program is ${exe.name}`, 'has no place for it');
  if (auxv) lose(`${path}.auxv`, 'the auxiliary vector', 'has no place for it', auxv.length * AUXV_ENTRY_BYTES);
  const numbers = { def_flags, flags, vdso };
  for (const [name, value] of Object.entries(numbers)) {
    if (value !== undefined) lose(`${path}.${name}`, `${name}, ${hexNumber(value)}`, 'has no place for it');
  }
  loseBacking(vmas, path, lose);
  const addresses = addressesOf(mm);
  return { ...addresses, ldt, vmas: vmas.map((vma, i) => heldVma(vma, mm, `${path}.vma[${String(i)}]`, lose)) };
}

/** What only ckpt streams say of mapped files, in one loss each. */
function loseBacking(vmas: readonly Vma[], path: string, lose: Lose): void {
  const named = vmas.filter(({ file }) => file).length;
  if (named > 0) lose(`${path}.vma.file`, `the open files of ${String(named)} mappings`, 'has their paths only');
  const sized = vmas.filter(({ fileBytes }) => fileBytes !== undefined).length;
  if (sized > 0) lose(`${path}.vma.fileBytes`, `the file sizes of ${String(sized)} mappings`, 'has no place for them');
}

function heldVma(vma: Vma, mm: MmAddresses, path: string, lose: Lose): Vma {
  const { vm_start, vm_end, vm_page_prot, vm_flags, vm_pgoff, name, pages } = vma;
  const kind = kindOfVma(vma, mm);
  if (kind !== vma.kind)
    lose(`${path}.kind`, `that the mapping is ${vma.kind}, not ${kind}`, 'tells by flags and name');
  return { vm_start, vm_end, vm_page_prot, vm_flags, vm_pgoff, name, kind, pages };
}
