import { flagNames } from '../layout/unit.js';
import type { Image, Loss, Task, Vma } from '../model/image.js';
import { PAGE_BYTES } from '../model/page.js';
import { VM_FLAGS, hasFlag } from '../model/vm-flags.js';
import type { CrRevision } from './revision.js';

/** Mappings that the kernel provides by itself; those of the stream's time had none of them as a mapping. */
const PROVIDED_BY_KERNEL: ReadonlySet<string> = new Set(['vvar', 'vsyscall']);

/** An image without what no kernel of the stream's time knew as a mapping, and what that was. */
export interface StrictImage {
  readonly image: Image;
  readonly leftOut: readonly Loss[];
}

/** Leaves out [vvar] and [vsyscall]: a kernel provides its own. */
export function withoutKernelMappings(image: Image): StrictImage {
  const isProvided = (vma: Vma): boolean => PROVIDED_BY_KERNEL.has(vma.kind);
  const leftOut = image.tasks.flatMap((task, i) =>
    vmasOf(task).flatMap((vma, j): Loss[] => {
      const facts = { path: vmaPath(i, j), what: describeVma(vma), bytes: bytesOf(vma) };
      return isProvided(vma) ? [{ ...facts, why: 'a kernel provides its own' }] : [];
    }),
  );
  const tasks = image.tasks.map((task) => {
    const vmas = vmasOf(task).filter((vma) => !isProvided(vma));
    return { ...task, mm: task.mm && { ...task.mm, vmas } };
  });
  const { name, format, header, contents, notes } = image;
  return { image: { name, format, header, tasks, contents, notes, close: () => image.close() }, leftOut };
}

function vmasOf({ mm }: Task): readonly Vma[] {
  return mm?.vmas ?? [];
}

function bytesOf({ pages }: Vma): number {
  return pages.totalPages * PAGE_BYTES;
}

function vmaPath(task: number, vma: number): string {
  return `task[${String(task)}].mm.vma[${String(vma)}]`;
}

function describeVma({ vm_start, vm_end, kind, name }: Vma): string {
  return `${kind} mapping ${vm_start.toString(16)}-${vm_end.toString(16)}${name === undefined ? '' : ` ${name}`}`;
}

/**
 * What the kernels of a revision would have refused to checkpoint. It is written all the same, mappings without
 * contents, but they would not restart from it.
 * Source: spec/cr-stream.md 5.4 (fd_type), 5.9.
 */
export function refusalsOf(image: Image, revision: CrRevision): Loss[] {
  return image.tasks.flatMap((task, i) => [...refusedMappings(task, i, revision), ...refusedFiles(task, i, revision)]);
}

function refusedMappings(task: Task, index: number, revision: CrRevision): Loss[] {
  return vmasOf(task).flatMap((vma, i): Loss[] => {
    if (!hasFlag(vma.vm_flags, revision.refusedVmFlags)) return [];
    const names = flagNames(VM_FLAGS, vma.vm_flags & revision.refusedVmFlags).join(' ');
    const facts = { path: vmaPath(index, i), what: `contents of ${describeVma(vma)}`, bytes: bytesOf(vma) };
    return [{ ...facts, why: `${revision.name} refuses ${names}` }];
  });
}

function refusedFiles(task: Task, index: number, { name, fileTypes }: CrRevision): Loss[] {
  return task.files.flatMap(({ fd, file }): Loss[] => {
    if (fileTypes.includes(file.type)) return [];
    const path = `task[${String(index)}].files.fd[${String(fd)}]`;
    const what = `descriptor ${String(fd)}, ${file.name}`;
    return [{ path, what, why: `${name} takes only ${fileTypes.join(' and ')}`, bytes: 0 }];
  });
}
