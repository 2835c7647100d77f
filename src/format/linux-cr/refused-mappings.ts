import { flagNames } from '../layout/unit.js';
import type { Loss, Task } from '../model/image.js';
import { VM_FLAGS, hasFlag } from '../model/vm-flags.js';
import { bytesOf, describeVma, vmaPath, vmasOf } from './strict-image.js';

/** The revision whose kernels are asked. */
interface Refusing {
  readonly name: string;
  readonly refusedVmFlags: bigint;
}

/** Mappings that have a flag which the kernels of a revision refuse. Source: spec/cr-stream.md 5.9, 8.8. */
export function refusedMappings(task: Task, index: number, { name, refusedVmFlags }: Refusing): Loss[] {
  return vmasOf(task).flatMap((vma, i): Loss[] => {
    if (!hasFlag(vma.vm_flags, refusedVmFlags)) return [];
    const names = flagNames(VM_FLAGS, vma.vm_flags & refusedVmFlags).join(' ');
    const facts = { path: vmaPath(index, i), what: `contents of ${describeVma(vma)}`, bytes: bytesOf(vma) };
    return [{ ...facts, why: `${name} refuses ${names}` }];
  });
}
