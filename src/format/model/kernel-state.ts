import type { SharedMemory } from './shared-memory.js';

/** Members of a C struct by name, without padding. */
export type KernelFields = Readonly<Record<string, number | bigint | Uint8Array>>;

/**
 * A kernel structure that is carried without a view of its own: credentials, namespaces, signals, sockets. Names are
 * those of the ckpt streams.
 */
export interface KernelRecord {
  readonly kind: 'record';
  /** Such as `CRED`. */
  readonly name: string;
  /**
   * Empty where no layout is known. References to other objects hold their number in the
   * image.
   */
  readonly fields: KernelFields;
  /** An array of structs behind the fields, such as pending signals. */
  readonly elements: readonly KernelFields[];
  /** Text or bytes behind the fields; the whole record where no layout is known. */
  readonly payload: Uint8Array;
}

/** Here begins an object that others refer to by number. */
export interface KernelObject {
  readonly kind: 'object';
  /** Such as `USER_NS`. */
  readonly object: string;
  readonly id: number;
}

/** Here stand the pages of a segment (SysV shared memory in its namespace). */
export interface KernelMemory {
  readonly kind: 'memory';
  readonly memory: SharedMemory;
}

export type KernelItem = KernelRecord | KernelObject | KernelMemory;

/** Parts of a task's kernel state, each as its records in order. */
export const KERNEL_SECTIONS = [
  /** Further fields of TASK. */
  'task',
  /** Further fields of THREAD. */
  'thread',
  'creds',
  'ns',
  /** What follows the descriptors of a file table: epoll items, socket queues. */
  'files',
  'fs',
  'sem_undo',
  'sighand',
  /** Numbers of the objects that the task shares or owns. */
  'objs',
  'signal',
  'restart_block',
  'pending',
] as const;

export type KernelSection = (typeof KERNEL_SECTIONS)[number];

export interface KernelState {
  /** Pids in nested pid namespaces, outermost first, without the first one. */
  readonly nestedPids: readonly number[];
  /** A section that is not there says nothing that differs from a fresh task. */
  readonly sections: Readonly<Partial<Record<KernelSection, readonly KernelItem[]>>>;
}
