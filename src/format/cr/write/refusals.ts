import { refusedMappings } from '../../linux-cr/refused-mappings.js';
import { refusedParent } from '../../linux-cr/strict-image.js';
import type { Image, Loss, Task } from '../../model/image.js';
import type { CrRevision } from '../tables/revision.js';

/**
 * What the kernels of a revision would have refused to checkpoint. It is written all the same, mappings without
 * contents, but they would not restart from it.
 * Source: spec/cr-stream.md 5.4 (fd_type), 5.9.
 */
export function refusalsOf(image: Image, revision: CrRevision): Loss[] {
  const ofTasks = image.tasks.flatMap((task, i) => [
    ...refusedMappings(task, i, revision),
    ...refusedFiles(task, i, revision),
  ]);
  return [...refusedParent(image, revision.name), ...ofTasks];
}

function refusedFiles(task: Task, index: number, { name, fileTypes }: CrRevision): Loss[] {
  return task.files.flatMap(({ fd, file }): Loss[] => {
    if (fileTypes.includes(file.type)) return [];
    const path = `task[${String(index)}].files.fd[${String(fd)}]`;
    const what = `descriptor ${String(fd)}, ${file.name}`;
    return [{ path, what, why: `${name} takes only ${fileTypes.join(' and ')}`, bytes: 0 }];
  });
}
