import { FormatError } from '../../errors.js';
import { encodeLayoutInto } from '../../layout/encode.js';
import type { Layout } from '../../layout/layout.js';
import type { Task, Thread } from '../../model/image.js';
import { pidObjectsOf, type PidObjects } from './pid-objects.js';
import type { RecordWriter } from './record-writer.js';
import { PID_NULL, PID_NUMBER, PID_OBJECT, PID_REFERENCES } from '../tables/tree.js';

/** Object number of the first pid object. */
const FIRST_PID = 1;

type Entry = Readonly<Record<'vpid' | 'vppid' | 'vtgid' | 'vpgid' | 'vsid' | 'depth', number>>;

/** PIDS where there are pid objects, TREE, and who the tasks are. Source: spec/cr-stream.md 8.4. */
export function writePids(writer: RecordWriter, tasks: readonly Task[]): void {
  const { revision } = writer;
  const count = tasks.reduce((sum, { threads }) => sum + threads.length, 0);
  if (count === 0) throw new FormatError('CANNOT_HOLD', { what: `${revision.name} holds no image without tasks` });
  const objects = revision.pidObjects && pidObjectsOf(tasks);
  if (objects) writePidObjects(writer, objects);
  writer.struct('TREE', { nr_tasks: count });
  const entryOf = objects ? referencesOf(objects) : numbersOf(writer);
  const entries = tasks.flatMap((task) => task.threads.map((thread) => entryOf(task, thread)));
  writer.elements('BUFFER', revision.pids, entries);
  if (revision.hasVpids) writeVpids(writer, tasks);
}

function depthOf({ kernel }: Thread): number {
  return kernel?.nestedPids.length ?? 0;
}

/** Up to v20 a task without group or session has 0 there, later -1. */
function numbersOf({ revision }: RecordWriter): (task: Task, thread: Thread) => Entry {
  const none = revision.hasVpids ? PID_NULL : 0;
  return ({ tgid, ppid, pgid = none, sid = none }, thread) => {
    return { vpid: thread.tid, vppid: ppid, vtgid: tgid, vpgid: pgid, vsid: sid, depth: depthOf(thread) };
  };
}

function referencesOf({ ofThread, ofPid }: PidObjects): (task: Task, thread: Thread) => Entry {
  const reference = (pid: number | undefined): number =>
    pid === undefined || pid <= 0 ? PID_REFERENCES.NULL : FIRST_PID + ofPid(pid);
  return ({ tgid, ppid, pgid, sid }, thread) => ({
    vpid: FIRST_PID + ofThread(thread),
    vppid: reference(ppid),
    // a task always has one
    vtgid: FIRST_PID + ofPid(tgid),
    vpgid: reference(pgid),
    vsid: reference(sid),
    depth: depthOf(thread),
  });
}

function writePidObjects(writer: RecordWriter, { objects }: PidObjects): void {
  const nested = objects.reduce((sum, numbers) => sum + numbers.length - 1, 0);
  const offset = writer.revision.pidObjects?.offsetOf === 'first' ? FIRST_PID : FIRST_PID - 1;
  writer.struct('PIDS', { nr_pids: objects.length, nr_vpids: nested, offset });
  writer.header('BUFFER', objects.length * (PID_OBJECT.size + PID_NUMBER.size) + nested * PID_NUMBER.size);
  for (const numbers of objects) {
    encode(writer, PID_OBJECT, { depth: numbers.length - 1 });
    for (const number of numbers) encode(writer, PID_NUMBER, { number });
  }
}

function encode({ out }: RecordWriter, layout: Layout, fields: Readonly<Record<string, number>>): void {
  encodeLayoutInto(layout, fields, out.reserve(layout.size), 0);
}

/** Pids in nested namespaces, when there are any. */
function writeVpids(writer: RecordWriter, tasks: readonly Task[]): void {
  const numbers = tasks.flatMap(({ threads }) => threads.flatMap(({ kernel }) => kernel?.nestedPids ?? []));
  if (numbers.length === 0) return;
  writer.elements(
    'BUFFER',
    PID_NUMBER,
    numbers.map((number) => ({ number })),
  );
}
