import { TASK_COMM_BYTES, TASK_STATES } from '../../linux-cr/task.js';
import { fixedText } from '../../bytes/text.js';
import { bytes, gap, s32, u32 } from '../../layout/field.js';
import { layout } from '../../layout/layout.js';
import { byteCount, count, enumOf, id, opaque } from '../../layout/unit.js';

/** How many tasks the image holds; behind it one PID_ENTRY for each. Source: spec/cr-stream.md 5.4. */
export const TREE = layout('TREE', [
  ['tasks_nr', u32, count, 'number of tasks, never 0'],
  ['pad', gap, opaque, 'kept'],
]);

/** One task in depth-first order, without a header of its own. */
export const PID_ENTRY = layout(
  'pids[]',
  [
    ['vpid', s32, id, 'thread id'],
    ['vtgid', s32, id, 'process id'],
    ['vppid', s32, id, 'process id of the parent'],
    ['pad', bytes(4), opaque, 'kept'],
  ],
  { aligned: 4 },
);

/** One task; a STRING with its comm follows. Source: spec/cr-stream.md 5.4. */
export const TASK = layout('TASK', [
  ['state', u32, enumOf(TASK_STATES), 'what it did when it was frozen'],
  ['exit_state', u32, count, '16 for a zombie'],
  ['exit_code', u32, count, 'as wait(2) gives it'],
  ['exit_signal', u32, count, 'what the parent is sent; 17 SIGCHLD'],
  ['task_comm_len', s32, byteCount, 'length of the STRING that follows'],
  ['pad', gap, opaque, 'kept'],
]);

/** The name of a task as its record holds it: cut, and always with a NUL. */
export function commBytes(comm: string): Uint8Array {
  const bytes = fixedText(comm, TASK_COMM_BYTES);
  bytes[TASK_COMM_BYTES - 1] = 0;
  return bytes;
}
