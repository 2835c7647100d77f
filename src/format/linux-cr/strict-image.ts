import type { Image, Loss, Task, Thread, Vma } from '../model/image.js';
import type { KernelItem, KernelState } from '../model/kernel-state.js';
import type { SharedMemory } from '../model/shared-memory.js';
import { UNCAPTURED_TEXTS, unknownPages } from '../model/uncaptured.js';
import { PAGE_BYTES } from '../model/page.js';

/** Mappings that the kernel provides by itself; those of the streams' time had none of them as a mapping. */
const PROVIDED_BY_KERNEL: ReadonlySet<string> = new Set(['vvar', 'vsyscall']);

/** An image without what no kernel of the stream's time knew as a mapping, and what that was. */
export interface StrictImage {
  readonly image: Image;
  readonly leftOut: readonly Loss[];
}

const CAPTURE_FACTS: Loss = {
  path: 'capture',
  what: 'how it was captured',
  why: 'no kernel knows the record',
  bytes: 0,
};

/**
 * Leaves out [vvar] and [vsyscall], of which a kernel provides its own, and the records of how the image was captured and of what
 * was not captured.
 */
export function withoutKernelMappings(image: Image): StrictImage {
  const isProvided = (vma: Vma): boolean => PROVIDED_BY_KERNEL.has(vma.kind);
  const leftOut = image.tasks.flatMap((task, i) =>
    vmasOf(task).flatMap((vma, j): Loss[] => {
      const facts = { path: vmaPath(i, j), what: describeVma(vma), bytes: bytesOf(vma) };
      return isProvided(vma) ? [{ ...facts, why: 'a kernel provides its own' }] : lossOfUncaptured(vma, vmaPath(i, j));
    }),
  );
  // tasks that share their memory share what is left of it
  const spaces = new Map<Task['mm'], Task['mm']>();
  const objects = new StrictObjects();
  const strictSpace = (mm: Task['mm']): Task['mm'] => {
    const vmas = mm?.vmas.flatMap((vma) => (isProvided(vma) ? [] : [objects.vma(vma)]));
    const known = spaces.get(mm) ?? (mm && vmas && { ...mm, vmas });
    spaces.set(mm, known);
    return known;
  };
  const tasks = image.tasks.map((task): Task => {
    const [first, ...others] = task.threads;
    const threads = [objects.thread(first), ...others.map((thread) => objects.thread(thread))] as const;
    return { ...task, mm: strictSpace(task.mm), threads };
  });
  const { name, format, header, contents, notes, parent } = image;
  const incremental = parent && { parent };
  if (image.capture) leftOut.push(CAPTURE_FACTS);
  const release = image.release && { release: () => image.release?.() ?? Promise.resolve() };
  return {
    image: { name, format, header, tasks, contents, notes, ...incremental, ...release, close: () => image.close() },
    leftOut,
  };
}

/** Objects without the records that no kernel knows: what shows one of the given image shows one again. */
class StrictObjects {
  readonly #memory = new Map<SharedMemory, SharedMemory>();

  vma({ uncaptured: _, ...vma }: Vma): Vma {
    return vma.shared ? { ...vma, shared: this.#shared(vma.shared) } : vma;
  }

  thread(thread: Thread): Thread {
    return thread.kernel ? { ...thread, kernel: this.#state(thread.kernel) } : thread;
  }

  #shared(given: SharedMemory): SharedMemory {
    const { uncaptured: _, ...memory } = given;
    const known = this.#memory.get(given) ?? memory;
    this.#memory.set(given, known);
    return known;
  }

  #state({ nestedPids, sections }: KernelState): KernelState {
    const strict = (item: KernelItem): KernelItem =>
      item.kind === 'memory' ? { ...item, memory: this.#shared(item.memory) } : item;
    const own = Object.entries(sections).map(([name, items]) => [name, items.map(strict)]);
    // the names are those that were there
    return { nestedPids, sections: Object.fromEntries(own) as KernelState['sections'] };
  }
}

function lossOfUncaptured({ uncaptured, pages, parentPages }: Vma, path: string): Loss[] {
  const unknown = uncaptured && unknownPages(uncaptured, pages, parentPages).totalPages;
  if (!uncaptured || !unknown) return [];
  const what = `that ${String(unknown)} pages were not captured: ${UNCAPTURED_TEXTS[uncaptured.reason]}`;
  return [{ path, what, why: 'no kernel knows the record, and reads them as absent', bytes: 0 }];
}

/** What no kernel restarts from: pages that are not in the image. */
export function refusedParent({ parent }: Image, revision: string): Loss[] {
  if (!parent) return [];
  return [
    {
      path: 'parent',
      what: `pages that are left to ${parent.path}`,
      why: `${revision} knows no parent images`,
      bytes: 0,
    },
  ];
}

/** The mappings of a task; none of a zombie. */
export function vmasOf({ mm }: Task): readonly Vma[] {
  return mm?.vmas ?? [];
}

/** Bytes of a mapping that the image holds. */
export function bytesOf({ pages }: Vma): number {
  return pages.totalPages * PAGE_BYTES;
}

/** Path of a mapping, for losses. */
export function vmaPath(task: number, vma: number): string {
  return `task[${String(task)}].mm.vma[${String(vma)}]`;
}

/** A mapping in words. */
export function describeVma({ vm_start, vm_end, kind, name }: Vma): string {
  return `${kind} mapping ${vm_start.toString(16)}-${vm_end.toString(16)}${name === undefined ? '' : ` ${name}`}`;
}
