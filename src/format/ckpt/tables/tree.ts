import { gap, s32, u32 } from '../../layout/field.js';
import { layout } from '../../layout/layout.js';
import { count, id, opaque } from '../../layout/unit.js';
import { refersTo } from './objref.js';

/** How many tasks the image holds; a BUFFER with an entry for each follows. Source: spec/cr-stream.md 8.4. */
export const TREE = layout('TREE', [
  ['nr_tasks', s32, count, 'number of tasks, at least 1'],
  ['pad', gap, opaque, 'zero'],
]);

/** A pid that the task has not. */
export const PID_NULL = -1;

const IDS = [
  ['vpid', s32, id, 'thread id'],
  ['vppid', s32, id, 'process id of the parent'],
  ['vtgid', s32, id, 'process id'],
  ['vpgid', s32, id, 'process group'],
  ['vsid', s32, id, 'session'],
] as const;

/** One task in depth-first order, up to v20. */
export const PID_ENTRY = layout('pids[]', [...IDS, ['pad', gap, opaque, 'zero']]);

const DEPTH = ['depth', s32, count, "levels of pid namespaces below the container's"] as const;

/** Of the snapshots of March 2010. */
export const PID_ENTRY_NESTED = layout('pids[]', [
  ...IDS,
  ['rsid', s32, id, 'session as the root namespace numbers it'],
  DEPTH,
  ['pad', gap, opaque, 'zero'],
]);

/** Of v21 to v23-rc1; behind all of them `depth` more pids for each, in a BUFFER of their own. */
export const PID_ENTRY_DEPTH = layout('pids[]', [...IDS, DEPTH]);

/** What v23 has in the place of an object number. */
export const PID_REFERENCES = { NULL: -4096, ROOT: -4097 } as const;

const PID = refersTo('PID', { strict: false });

/** Of v23: pids are objects. Below 0: see `PID_REFERENCES`. */
export const PID_ENTRY_OBJECTS = layout('pids[]', [
  ['vpid', s32, PID, 'thread id'],
  ['vppid', s32, PID, 'process id of the parent'],
  ['vtgid', s32, PID, 'process id'],
  ['vpgid', s32, PID, 'process group'],
  ['vsid', s32, PID, 'session'],
  ['depth', u32, count, DEPTH[3]],
]);

/** How many pid objects there are; a BUFFER with all of them follows. */
export const PIDS = layout('PIDS', [
  ['nr_pids', u32, count, 'pid objects, at least 1'],
  ['nr_vpids', u32, count, 'depths of all of them added up'],
  ['offset', u32, id, 'where object numbers of pids begin; see CkptRevision.pidObjects'],
  ['pad', gap, opaque, 'zero'],
]);

/** What each pid object begins with: `depth` + 1 PID_NUMBERs follow. */
export const PID_OBJECT = layout('pid', [['depth', u32, count, DEPTH[3]]], { aligned: 4 });

/** A pid as one namespace numbers it; also an entry of the vpids BUFFER. */
export const PID_NUMBER = layout('number', [['number', s32, id, 'the pid in one namespace, outermost first']], {
  aligned: 4,
});
