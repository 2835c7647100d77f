import * as fs from 'node:fs';
import type { SegmentFacts } from '../format/model/shared-memory.js';
import { procPath } from './proc-file.js';

/** Segments of the IPC namespace of whoever reads it: one line each, behind one of titles. */
const TABLE = '/proc/sysvipc/shm';
/** The titles whose numbers are kept, by the names that ckpt streams have for them. */
const FIELDS = {
  ...{ id: 'shmid', key: 'key', mode: 'perms', uid: 'uid', gid: 'gid', cuid: 'cuid', cgid: 'cgid' },
  ...{ shm_atim: 'atime', shm_dtim: 'dtime', shm_ctim: 'ctime', shm_cprid: 'cpid', shm_lprid: 'lpid' },
} as const;

/** A segment of the table. */
export interface SegmentRow {
  readonly fields: SegmentFacts['fields'];
  /** Bytes that it has in memory and in swap. */
  readonly allocatedBytes: number;
}

/** The rows of /proc/sysvipc/shm by the number of the segment, which is the inode of its mappings. */
export function parseSegments(text: string): ReadonlyMap<string, SegmentRow> {
  const [titles, ...lines] = text.split('\n').map((line): readonly string[] => line.match(/\S+/g) ?? []);
  if (!titles) return new Map();
  const rows = lines.filter((line) => line.length === titles.length && line.length > 0);
  return new Map(rows.map((line) => [line[titles.indexOf('shmid')] ?? '', rowOf(titles, line)]));
}

function rowOf(titles: readonly string[], line: readonly string[]): SegmentRow {
  const numberAt = (title: string): number => parseInt(line[titles.indexOf(title)] ?? '0', title === 'perms' ? 8 : 10);
  const fields = Object.fromEntries(Object.entries(FIELDS).map(([name, title]) => [name, numberAt(title)]));
  // every name of the table is one of the facts
  const facts = fields as SegmentFacts['fields'];
  // the kernel prints keys with a sign
  return { fields: { ...facts, key: facts.key >>> 0 }, allocatedBytes: numberAt('rss') + numberAt('swap') };
}

/** The IPC namespace of a process. */
export function ipcNamespaceOf(pid: number): string {
  return fs.readlinkSync(procPath(pid, 'ns/ipc'));
}

/** The segments of an IPC namespace; undefined for another than ours, which the kernel does not show us. */
export function readSegments(namespace: string): ReadonlyMap<string, SegmentRow> | undefined {
  if (namespace !== fs.readlinkSync('/proc/self/ns/ipc')) return undefined;
  return parseSegments(fs.readFileSync(TABLE, 'latin1'));
}
