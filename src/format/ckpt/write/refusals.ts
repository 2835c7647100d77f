import { refusedMappings } from '../../linux-cr/refused-mappings.js';
import { bytesOf, describeVma, refusedParent, vmaPath, vmasOf } from '../../linux-cr/strict-image.js';
import type { FileType, Image, Loss, Task } from '../../model/image.js';
import type { KernelSection } from '../../model/kernel-state.js';
import { hasFlag } from '../../model/vm-flags.js';
import { fTypeOf } from './file-types.js';
import type { RecordName } from '../tables/names.js';
import type { CkptRevision } from '../tables/revision.js';

/** Mappings without a callback for checkpoints, whatever their flags are. Source: spec/cr-stream.md 8.8. */
const WITHOUT_CALLBACK: ReadonlySet<string> = new Set(['device', 'vvar']);

/** Types of file that are checkpointed as plain files. */
const PLAIN: ReadonlySet<FileType> = new Set(['regular', 'directory']);

/**
 * What the kernels of a revision would have refused to checkpoint, or to restart from. It is written all the same, as
 * far as the revision holds it.
 * Source: spec/cr-stream.md 8.8, 8.11, 12.
 */
export function refusalsOfCkpt(image: Image, revision: CkptRevision): Loss[] {
  // what tasks share is told once
  const spaces = new Set<Task['mm']>();
  const tables = new Set<Task['files']>();
  const ofTasks = image.tasks.flatMap((task, i) => {
    const refused: Loss[] = [];
    if (!spaces.has(task.mm)) refused.push(...refusedMappings(task, i, revision), ...refusedDevices(task, i, revision));
    if (!tables.has(task.files)) refused.push(...refusedFiles(task, i, revision));
    refused.push(...missingState(task, i, revision));
    spaces.add(task.mm);
    tables.add(task.files);
    return refused;
  });
  return [...refusedParent(image, revision.name), ...ofTasks];
}

/** Records that every kernel of the time wrote of a live task, and wants to restart it. */
const STATE_OF_A_TASK = {
  creds: 'TASK_CREDS',
  ns: 'TASK_NS',
  fs: 'FS',
  sighand: 'SIGHAND',
  signal: 'SIGNAL',
} as const satisfies Partial<Record<KernelSection, RecordName>>;

/** What an image without state of the kernel lacks, such as that of a process captured through /proc. */
function missingState({ mm, pid, threads }: Task, index: number, { name, types }: CkptRevision): Loss[] {
  if (!mm || threads.some(({ kernel }) => kernel && Object.keys(kernel.sections).length > 0)) return [];
  const missing = Object.values(STATE_OF_A_TASK).filter((record) => types[record] !== undefined);
  const what = `task ${String(pid)}, of which the image has no ${missing.join(', ')}`;
  return [{ path: `task[${String(index)}]`, what, why: `${name} restarts none without them`, bytes: 0 }];
}

function refusedDevices(task: Task, index: number, { name, refusedVmFlags }: CkptRevision): Loss[] {
  return vmasOf(task).flatMap((vma, i): Loss[] => {
    if (!WITHOUT_CALLBACK.has(vma.kind) || hasFlag(vma.vm_flags, refusedVmFlags)) return [];
    const facts = { path: vmaPath(index, i), what: `contents of ${describeVma(vma)}`, bytes: bytesOf(vma) };
    return [{ ...facts, why: `${name} refuses mappings of devices` }];
  });
}

/** Descriptors that are written as a plain file and are none. */
function refusedFiles({ files }: Task, index: number, revision: CkptRevision): Loss[] {
  return files.flatMap(({ fd, file }): Loss[] => {
    // a device is a plain file too, as far as its driver goes along
    const isPlain = PLAIN.has(file.type) || (file.type === 'other' && file.name.startsWith('/'));
    if (isPlain || fTypeOf(file, revision) !== 'GENERIC') return [];
    const path = `task[${String(index)}].files.fd[${String(fd)}]`;
    const what = `descriptor ${String(fd)}, ${file.name}`;
    return [{ path, what, why: `${revision.name} opens no such thing by its name`, bytes: 0 }];
  });
}
