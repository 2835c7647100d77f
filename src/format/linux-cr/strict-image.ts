import type { Image, Loss, Task, Vma } from '../model/image.js';
import { PAGE_BYTES } from '../model/page.js';

/** Mappings that the kernel provides by itself; those of the streams' time had none of them as a mapping. */
const PROVIDED_BY_KERNEL: ReadonlySet<string> = new Set(['vvar', 'vsyscall']);

/** An image without what no kernel of the stream's time knew as a mapping, and what that was. */
export interface StrictImage {
  readonly image: Image;
  readonly leftOut: readonly Loss[];
}

/** Leaves out [vvar] and [vsyscall], of which a kernel provides its own. */
export function withoutKernelMappings(image: Image): StrictImage {
  const isProvided = (vma: Vma): boolean => PROVIDED_BY_KERNEL.has(vma.kind);
  const leftOut = image.tasks.flatMap((task, i) =>
    vmasOf(task).flatMap((vma, j): Loss[] => {
      const facts = { path: vmaPath(i, j), what: describeVma(vma), bytes: bytesOf(vma) };
      return isProvided(vma) ? [{ ...facts, why: 'a kernel provides its own' }] : [];
    }),
  );
  // tasks that share their memory share what is left of it
  const spaces = new Map<Task['mm'], Task['mm']>();
  const strictSpace = (mm: Task['mm']): Task['mm'] => {
    const known = spaces.get(mm) ?? (mm && { ...mm, vmas: mm.vmas.filter((vma) => !isProvided(vma)) });
    spaces.set(mm, known);
    return known;
  };
  const tasks = image.tasks.map((task) => ({ ...task, mm: strictSpace(task.mm) }));
  const { name, format, header, contents, notes, parent } = image;
  const incremental = parent && { parent };
  const release = image.release && { release: () => image.release?.() ?? Promise.resolve() };
  const strict: Image = {
    ...{ name, format, header, tasks, contents, notes, ...incremental, ...release },
    // says what writing took, when that is over
    get capture() {
      return image.capture;
    },
    close: () => image.close(),
  };
  return { image: strict, leftOut };
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
