import type { Image, Vma } from '../model/image.js';
import { memoryMapOf, type MappedSpace } from '../model/memory-map.js';
import { vpnOf } from '../model/page.js';
import { pagesShown } from '../model/page-shift.js';
import { NO_PAGES, PageRunsBuilder, type PageRuns } from '../model/page-runs.js';

/** Where pages came to lie in what is being written. */
export class Places {
  readonly #placed = new Map<PageRuns, PageRuns>();
  readonly #builder = new PageRunsBuilder();

  /** The next pages were written at `offset`, in bytes. */
  add(vpn: number, nrPages: number, offset: number): void {
    this.#builder.add(vpn, nrPages, offset);
  }

  /** Those since the last call were `pages`. */
  finish(pages: PageRuns): void {
    this.#placed.set(pages, this.#builder.take());
  }

  /** The memory of the image that was written, whose page tables point into what was written. */
  spacesOf(image: Image): readonly MappedSpace[] {
    const spaces = new Map<object, Image['tasks'][number]['mm']>();
    const tasks = image.tasks.map((task) => {
      const { mm } = task;
      if (!mm) return task;
      const placed = spaces.get(mm) ?? { ...mm, vmas: mm.vmas.map((vma) => this.#placeVma(vma)) };
      spaces.set(mm, placed);
      return { ...task, mm: placed };
    });
    return memoryMapOf({ ...image, tasks }).spaces;
  }

  #placeVma(vma: Vma): Vma {
    const { shared, vm_start, vm_end, vm_pgoff } = vma;
    const placed = this.#placed.get(shared?.pages ?? vma.pages) ?? NO_PAGES;
    if (!shared) return { ...vma, pages: placed };
    const shown = { startVpn: vpnOf(vm_start), endVpn: vpnOf(vm_end), pgoff: Number(vm_pgoff) };
    return { ...vma, pages: pagesShown(placed, shown) };
  }
}
