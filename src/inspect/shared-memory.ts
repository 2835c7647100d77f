import type { AddressSpace, Image, Task, Vma } from '../format/model/image.js';
import type { KernelItem } from '../format/model/kernel-state.js';
import type { SharedMemory } from '../format/model/shared-memory.js';

/** A mapping of an address space and the first task that has it. */
export interface MappedVma {
  readonly pid: number;
  readonly vma: Vma;
}

/** The mappings of all address spaces, each space once. */
export function mappedIn(tasks: readonly Task[]): MappedVma[] {
  const seen = new Set<AddressSpace>();
  return tasks.flatMap(({ pid, mm }) => {
    if (!mm || seen.has(mm)) return [];
    seen.add(mm);
    return mm.vmas.map((vma) => ({ pid, vma }));
  });
}

/** All that is carried of kernel state without a view of its own: of the container, tasks and open files. */
export function kernelItemsIn({ header, tasks }: Image): KernelItem[] {
  const ofThreads = tasks.flatMap(({ threads }) =>
    threads.flatMap(({ kernel }) => Object.values(kernel?.sections ?? {}).flat()),
  );
  const files = new Set(tasks.flatMap((task) => task.files.map(({ file }) => file)));
  const ofFiles = [...files].flatMap(({ kernel }) => (kernel ? [...kernel.before, ...kernel.after] : []));
  return [...(header.container ?? []), ...ofThreads, ...ofFiles];
}

/** The memory that an image holds by itself, and the mappings that show it; none for a segment that nobody has mapped. */
export function sharedMemoryIn(image: Image): Map<SharedMemory, MappedVma[]> {
  const users = new Map<SharedMemory, MappedVma[]>();
  for (const mapped of mappedIn(image.tasks)) {
    const { shared } = mapped.vma;
    if (!shared) continue;
    const others = users.get(shared);
    if (others) others.push(mapped);
    else users.set(shared, [mapped]);
  }
  for (const item of kernelItemsIn(image)) {
    if (item.kind === 'memory' && !users.has(item.memory)) users.set(item.memory, []);
  }
  return users;
}
