import type { Numbers, ObjectName, RecordName } from './names.js';

/** Source: spec/cr-stream.md 7.4. */
export const TYPES_V16: Numbers<RecordName> = {
  HEADER: 1,
  HEADER_ARCH: 2,
  BUFFER: 3,
  STRING: 4,
  OBJREF: 5,
  TREE: 101,
  TASK: 102,
  TASK_NS: 103,
  TASK_OBJS: 104,
  RESTART_BLOCK: 105,
  THREAD: 106,
  CPU: 107,
  NS: 108,
  UTS_NS: 109,
  IPC_NS: 110,
  THREAD_TLS: 201,
  CPU_FPU: 202,
  MM_CONTEXT_LDT: 203,
  FILE_TABLE: 301,
  FILE_DESC: 302,
  FILE_NAME: 303,
  FILE: 304,
  FILE_PIPE: 305,
  MM: 401,
  VMA: 402,
  PGARR: 403,
  MM_CONTEXT: 404,
  IPC: 501,
  IPC_SHM: 502,
  IPC_MSG: 503,
  IPC_MSG_MSG: 504,
  IPC_SEM: 505,
  TAIL: 9001,
  ERROR: 9999,
};

/** Source: spec/cr-stream.md 7.5. */
export const OBJECTS_V16: Numbers<ObjectName> = {
  IGNORE: 0,
  INODE: 1,
  FILE_TABLE: 2,
  FILE: 3,
  MM: 4,
  NS: 5,
  UTS_NS: 6,
  IPC_NS: 7,
};

type Inserted<N extends string> = Readonly<Record<number, readonly N[]>>;

function insertAt<N extends string>(numbers: Numbers<N>, at: number, names: readonly N[]): Numbers<N> {
  const entries = Object.entries<number | undefined>(numbers);
  const taken = new Set(entries.map(([, number]) => number));
  let end = at;
  while (taken.has(end)) end += 1;
  const moved = entries.map(([name, number = 0]) => [
    name,
    number >= at && number < end ? number + names.length : number,
  ]);
  // the names are those of `numbers` and `names`
  return Object.fromEntries([...moved, ...names.map((name, i) => [name, at + i])]) as Numbers<N>;
}

/**
 * Numbers as an enumeration has them after names were put into it: names are numbered from where they are inserted, and
 * what stood there moves up, as far as numbers follow each other.
 *
 * @param inserted  names by the number that the first of them gets
 */
export function insert<N extends string>(numbers: Numbers<N>, inserted: Inserted<NoInfer<N>>): Numbers<N> {
  return Object.entries(inserted).reduce((all, [at, names]) => insertAt(all, Number(at), names), numbers);
}

const names = new WeakMap<object, ReadonlyMap<number, string>>();

function namesOf(numbers: Numbers<string>): ReadonlyMap<number, string> {
  return new Map(Object.entries<number | undefined>(numbers).map(([name, number = -1]) => [number, name]));
}

/** The name of a number. */
export function nameOf<N extends string>(numbers: Numbers<N>, number: number): N | undefined {
  const known = names.get(numbers) ?? namesOf(numbers);
  names.set(numbers, known);
  // a key of `numbers`
  return known.get(number) as N | undefined;
}
