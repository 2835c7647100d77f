import { FormatError } from '../format/errors.js';
import type { Image, ImageLayer, Vma } from '../format/model/image.js';
import type { SharedMemory } from '../format/model/shared-memory.js';

/** How many pages an image holds itself and leaves to its parent; what is shared counts once. */
export function pagesIn({ tasks }: Image): Pick<ImageLayer, 'ownPages' | 'fromParentPages'> {
  const held = new Set<Vma | SharedMemory>();
  for (const { mm, threads } of tasks) {
    for (const vma of mm?.vmas ?? []) held.add(vma.shared ?? vma);
    for (const { kernel } of threads)
      for (const items of Object.values(kernel?.sections ?? {}))
        for (const item of items) if (item.kind === 'memory') held.add(item.memory);
  }
  let [ownPages, fromParentPages] = [0, 0];
  for (const { pages, parentPages } of held) {
    ownPages += pages.totalPages;
    fromParentPages += parentPages?.totalPages ?? 0;
  }
  return { ownPages, fromParentPages };
}

/** Pages that an image leaves to a parent which is not there, once it was opened with its ancestors. */
export function missingPagesIn(image: Image): number {
  return pagesIn(image).fromParentPages;
}

/**
 * Refuses an image of which pages are with a parent that was not opened with it: they are neither zero nor absent.
 *
 * @throws {FormatError} `PARENT_MISSING`
 */
export function refuseMissingPages(image: Image): void {
  const missing = missingPagesIn(image);
  if (missing === 0) return;
  const what = `${image.name}: ${String(missing)} pages are with its parent, which was not opened with it (openChain does)`;
  throw new FormatError('PARENT_MISSING', { at: { path: 'parent' }, what });
}
