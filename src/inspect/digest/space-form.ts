import { addressesOf } from '../../format/model/image.js';
import { fileForm, isPathOnly } from './file-form.js';
import { isOwnMemory, memoryForm } from './shared-form.js';
import { unknownPages } from '../../format/model/uncaptured.js';
import type { Plain } from './bencode.js';
import type { Walk } from './walk.js';
import type { AddressSpace, Vma } from '../../format/model/image.js';

/** The auxiliary vector without the zeros at its end: revisions differ in how long it is. */
function auxvForm(auxv: readonly bigint[]): readonly bigint[] {
  let length = auxv.length;
  while (length > 0 && auxv[length - 1] === 0n) length--;
  return auxv.slice(0, length);
}

/** What a mapping is made from, beside its path. */
function backingForm(walk: Walk, vma: Vma): Readonly<Record<string, Plain | undefined>> {
  const { shared, file, fileBytes, name } = vma;
  const backing = { file: file && !isPathOnly(file, name) ? fileForm(walk, file) : undefined };
  if (!shared) return { ...backing, fileBytes };
  if (isOwnMemory(walk, vma, shared)) return backing;
  return { ...backing, fileBytes: fileBytes ?? shared.sizeBytes, shared: memoryForm(walk, shared) };
}

/** The pages that are not known, as pairs of the first page number and a count; nothing for a mapping that is whole. */
function unknownForm({ uncaptured, pages, parentPages }: Vma): Readonly<Record<string, Plain | undefined>> {
  if (!uncaptured) return {};
  const { vpn, nrPages } = unknownPages(uncaptured, pages, parentPages);
  return { unknown: Array.from(vpn, (first, i) => [first, nrPages[i] ?? 0]) };
}

function vmaForm(walk: Walk, vma: Vma): Plain {
  const { vm_start, vm_end, vm_page_prot, vm_flags, vm_pgoff, kind, name, hugetlb_shift } = vma;
  const facts = { vm_start, vm_end, vm_page_prot, vm_flags, vm_pgoff, kind, name, hugetlb_shift };
  return { ...facts, ...backingForm(walk, vma), ...unknownForm(vma) };
}

/** An address space without its pages. */
export function spaceForm(walk: Walk, mm: AddressSpace): Plain {
  const { ldt, exe, auxv = [], def_flags, flags, vmas } = mm;
  const vdso = mm.vdso ?? vmas.find(({ kind }) => kind === 'vdso')?.vm_start;
  const program = exe && fileForm(walk, exe);
  const facts = { ...addressesOf(mm), ldt, exe: program, auxv: auxvForm(auxv), def_flags, flags, vdso };
  return { ...facts, vmas: vmas.map((vma) => vmaForm(walk, vma)) };
}
