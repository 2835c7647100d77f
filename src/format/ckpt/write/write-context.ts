import type { ByteSource } from '../../bytes/source.js';
import type { AddressSpace, FileDescriptor } from '../../model/image.js';
import type { SharedMemory } from '../../model/shared-memory.js';
import type { RecordWriter } from './record-writer.js';

/** What the parts of a stream share while it is being written. */
export interface WriteContext {
  readonly writer: RecordWriter;
  readonly contents: ByteSource;
  /** The object number of a file table. */
  readonly tableId: (table: readonly FileDescriptor[]) => number;
  /** Open files that are there already, by number: further references are the number alone. */
  readonly files: Set<number>;
  readonly tables: Set<readonly FileDescriptor[]>;
  readonly spaces: Set<AddressSpace>;
  /** Memory that stands behind an IPC_SHM record, and its key. */
  readonly segments: ReadonlyMap<SharedMemory, number>;
  /** Shared memory whose pages are there already. */
  readonly memory: Set<SharedMemory>;
}
