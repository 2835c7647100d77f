import { hexBytes, hexNumber } from '../format/layout/unit.js';
import { DESCRIPTOR_BYTES } from '../format/model/descriptor.js';
import { REGISTER_NAMES } from '../format/model/registers.js';
import { byteChanges } from './byte-change.js';
import { fieldChanges } from './field-change.js';
import { kernelStateChanges } from './kernel-diff.js';
import { pairByKeys } from './pairing.js';
import { taskStateName } from './task-state.js';
import type { JsonValue } from '../format/layout/unit.js';
import type { Task, Thread } from '../format/model/image.js';
import type { FieldChange, FieldTable } from './field-change.js';
import type { Sides } from './sides.js';

/** A thread that is on one side only, or whose fields differ. */
export type ThreadDiff = Sides<Thread> & {
  /** Empty for a thread on one side only. Registers by name; `tls[1]` for an entry; `xstate[0x20]` for the first bytes that differ. */
  readonly fields: readonly FieldChange[];
};

const THREAD_FIELDS: FieldTable<Thread> = [
  ['tid', (thread) => thread.tid],
  ['comm', (thread) => thread.comm],
  ['state', (thread) => taskStateName(thread.state)],
];

/** Registers that are known on both sides: what one source cannot tell is no difference. */
function registerChanges(before: Thread, after: Thread): FieldChange[] {
  return REGISTER_NAMES.flatMap((name) => {
    const [a, b] = [before.registers[name], after.registers[name]];
    if (a === undefined || b === undefined || a === b) return [];
    return [{ name, before: hexNumber(a), after: hexNumber(b) }];
  });
}

function descriptorText(table: Uint8Array, offset: number): JsonValue {
  const bytes = table.subarray(offset, offset + DESCRIPTOR_BYTES);
  return bytes.every((byte) => byte === 0) ? null : hexBytes(bytes);
}

/** Entries of two descriptor tables that differ, as the 8 bytes in hex; an empty entry is `null`. */
export function descriptorChanges(name: string, before: Uint8Array, after: Uint8Array): FieldChange[] {
  const changes: FieldChange[] = [];
  for (let offset = 0; offset < Math.max(before.length, after.length); offset += DESCRIPTOR_BYTES) {
    const [a, b] = [descriptorText(before, offset), descriptorText(after, offset)];
    if (a !== b) changes.push({ name: `${name}[${String(offset / DESCRIPTOR_BYTES)}]`, before: a, after: b });
  }
  return changes;
}

/** An empty state is one that is not known, and no difference. */
function xstateChanges(before: Uint8Array, after: Uint8Array): FieldChange[] {
  return before.length === 0 || after.length === 0 ? [] : byteChanges('xstate', before, after);
}

function threadFields({ presence, before, after }: Sides<Thread>): FieldChange[] {
  if (presence !== 'both') return [];
  return [
    ...fieldChanges(THREAD_FIELDS, before, after),
    ...registerChanges(before, after),
    ...descriptorChanges('tls', before.tls, after.tls),
    ...xstateChanges(before.xstate, after.xstate),
    ...kernelStateChanges(before.kernel, after.kernel),
  ];
}

/** Threads by tid; where the tasks have other pids too, by their place and then by name. */
export function diffThreads(before: Task, after: Task): ThreadDiff[] {
  const byTid = [(thread: Thread): string => String(thread.tid)];
  const leaders = new Set<Thread>([before.threads[0], after.threads[0]]);
  const byRole = [...byTid, (thread: Thread): string => (leaders.has(thread) ? '' : thread.comm)];
  const keys = before.pid === after.pid ? byTid : byRole;
  return pairByKeys<Thread>(before.threads, after.threads, keys)
    .map((sides): ThreadDiff => ({ ...sides, fields: threadFields(sides) }))
    .filter((thread) => thread.presence !== 'both' || thread.fields.length > 0);
}
