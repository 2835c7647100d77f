import { fixedText } from '../../bytes/text.js';
import { TASK_COMM_BYTES } from '../../linux-cr/task.js';

/** The payload of the STRING behind TASK, whose last byte is always NUL. */
export function commBytes(comm: string): Uint8Array {
  const bytes = fixedText(comm, TASK_COMM_BYTES);
  bytes[TASK_COMM_BYTES - 1] = 0;
  return bytes;
}
