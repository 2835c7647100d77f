// An image as a chain: each page in one layer, left to the parent in those above it, and absent or outdated below.
import type { AddressSpace, Image, Task, Vma } from '../../src/format/model/image.js';
import type { KernelItem, KernelState } from '../../src/format/model/kernel-state.js';
import { PAGE_BYTES, vpnOf } from '../../src/format/model/page.js';
import { PageRangesBuilder, rangesShown, type PageRanges } from '../../src/format/model/page-ranges.js';
import { PageRunsBuilder, type PageRuns } from '../../src/format/model/page-runs.js';
import { pagesShown } from '../../src/format/model/page-shift.js';
import type { SharedMemory } from '../../src/format/model/shared-memory.js';

/** A number that `a` and `b` decide, and nothing else. */
function hash(a: number, b: number): number {
  let x = Math.imul(a ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(b + 0x7f4a7c15, 0xc2b2ae35);
  x = Math.imul(x ^ (x >>> 15), 0x2c1b3c6d);
  return (x ^ (x >>> 13)) >>> 0;
}

class Layer {
  readonly #layer: number;
  readonly #count: number;
  readonly #seed: number;
  readonly #contentPages: number;
  readonly #shared = new Map<SharedMemory, SharedMemory>();
  readonly #spaces = new Map<AddressSpace, AddressSpace>();

  constructor(image: Image, layer: number, count: number, seed: number) {
    this.#contentPages = Math.floor(image.contents.size / PAGE_BYTES);
    this.#layer = layer;
    this.#count = count;
    this.#seed = seed;
  }

  task(task: Task): Task {
    const { mm, threads } = task;
    if (!mm) return task;
    const space = this.#spaces.get(mm) ?? { ...mm, vmas: mm.vmas.map((vma) => this.#vma(vma)) };
    this.#spaces.set(mm, space);
    const [first, ...others] = threads.map(({ kernel, ...thread }) => ({
      ...thread,
      ...(kernel && { kernel: this.#state(kernel) }),
    }));
    if (!first) throw new Error('a task without a thread');
    return { ...task, mm: space, threads: [first, ...others] };
  }

  #state({ nestedPids, sections }: KernelState): KernelState {
    const own = Object.entries(sections).map(([name, items]: [string, readonly KernelItem[]]) => [
      name,
      items.map((item) => (item.kind === 'memory' ? { ...item, memory: this.#memory(item.memory) } : item)),
    ]);
    return { nestedPids, sections: Object.fromEntries(own) as KernelState['sections'] };
  }

  #vma(vma: Vma): Vma {
    if (!vma.shared) return { ...vma, ...this.#pages(vma.pages) };
    const shared = this.#memory(vma.shared);
    const range = { startVpn: vpnOf(vma.vm_start), endVpn: vpnOf(vma.vm_end), pgoff: Number(vma.vm_pgoff) };
    const parentPages = rangesShown(shared.parentPages, range);
    return { ...vma, shared, pages: pagesShown(shared.pages, range), ...(parentPages && { parentPages }) };
  }

  #memory(memory: SharedMemory): SharedMemory {
    const known = this.#shared.get(memory);
    if (known) return known;
    const pages = this.#pages(memory.pages);
    const own = { ...memory, ...pages, ...(pages.parentPages && { parentId: memory.id }) };
    this.#shared.set(memory, own);
    return own;
  }

  #pages(runs: PageRuns): { readonly pages: PageRuns; readonly parentPages?: PageRanges } {
    const [own, left] = [new PageRunsBuilder(), new PageRangesBuilder()];
    for (let run = 0; run < runs.count; run++) {
      for (let i = 0; i < (runs.nrPages[run] ?? 0); i++) {
        const vpn = (runs.vpn[run] ?? 0) + i;
        const home = hash(vpn >>> 1, this.#seed) % this.#count;
        if (home === this.#layer) own.add(vpn, 1, (runs.offset[run] ?? 0) + i * PAGE_BYTES);
        else if (home < this.#layer) left.add(vpn, 1);
        else if (hash(vpn, this.#seed + this.#layer) % 2 === 0)
          own.add(vpn, 1, (hash(vpn, this.#layer) % this.#contentPages) * PAGE_BYTES);
      }
    }
    const parentPages = left.take();
    return { pages: own.take(), ...(parentPages.count > 0 && { parentPages }) };
  }
}

/** The layers of a chain whose topmost shows what `image` has, oldest first; without the links. */
export function splitImage(image: Image, count: number, seed: number): Image[] {
  return Array.from({ length: count }, (_, layer) => {
    const split = new Layer(image, layer, count, seed);
    return { ...image, tasks: image.tasks.map((task) => split.task(task)) };
  });
}
