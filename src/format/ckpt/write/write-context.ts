import type { ByteSource } from '../../bytes/source.js';
import type { AddressSpace, FileDescriptor } from '../../model/image.js';
import type { SharedMemory } from '../../model/shared-memory.js';
import type { RecordWriter } from './record-writer.js';

/** What the parts of a stream share while it is being written. */
export interface WriteContext {
  readonly writer: RecordWriter;
  readonly contents: ByteSource;
  /** A number that no object of the image has. */
  readonly fresh: () => number;
  /** Open files that are there already, by number: further references are the number alone. */
  readonly files: Set<number>;
  readonly tables: Map<readonly FileDescriptor[], number>;
  readonly spaces: Set<AddressSpace>;
  /** Shared memory whose pages are there already. */
  readonly memory: Set<SharedMemory>;
}
