import type { Vma } from '../format/model/image.js';

/** Pages that mappings hold themselves and that they leave to a parent image; what they share counts once. */
export function countPages(vmas: readonly Vma[]): { readonly own: number; readonly parent: number } {
  let [own, parent] = [0, 0];
  for (const { pages, parentPages } of new Set(vmas.map((vma) => vma.shared ?? vma))) {
    own += pages.totalPages;
    parent += parentPages?.totalPages ?? 0;
  }
  return { own, parent };
}
