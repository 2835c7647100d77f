import type { ExtensionItem } from '../../linux-cr/extension.js';
import type { TrailingItem } from '../../linux-cr/trailing.js';
import type { Layout, RecordOf } from '../../layout/layout.js';
import type { StructName, StructRecord, TextName } from '../tables/structs.js';
import type { PID_ENTRY } from '../tables/task.js';

interface Place {
  /** Where it starts: at its header, or at its first byte where it has none. */
  readonly offset: number;
  /** Bytes, header included. */
  readonly length: number;
  /** Such as `task[0].mm.vma[3].pgarr[1]`. */
  readonly path: string;
}

interface Headed extends Place {
  readonly type: number;
  readonly parent: number;
}

/** A record whose payload is a struct. */
export type StructItem = {
  [N in StructName]: Headed & {
    readonly kind: 'struct';
    readonly name: N;
    /** Which of the layouts of the record it has. */
    readonly layout: Layout;
    readonly fields: StructRecord<N>;
  };
}[StructName];

/** A record whose payload is text or bytes. */
export interface TextItem extends Headed {
  readonly kind: 'text';
  readonly name: TextName;
  readonly bytes: Uint8Array;
}

/** A record that should be a struct, but has a length that is not known. */
export interface OpaqueItem extends Headed {
  readonly kind: 'opaque';
  readonly name: StructName;
  readonly bytes: Uint8Array;
}

/** The pid array behind TREE. */
export interface PidsItem extends Place {
  readonly kind: 'pids';
  readonly name: 'raw:pids';
  readonly entries: readonly RecordOf<typeof PID_ENTRY>[];
}

export type RawBytesName = 'raw:tls' | 'raw:xstate' | 'raw:ldt';

/** Bytes without a header of their own: TLS array, FPU state, LDT. */
export interface RawBytesItem extends Place {
  readonly kind: 'bytes';
  readonly name: RawBytesName;
  readonly bytes: Uint8Array;
}

/** The address array of a chunk. The addresses themselves stay in the source. */
export interface VaddrsItem extends Place {
  readonly kind: 'vaddrs';
  readonly name: 'raw:vaddrs';
  readonly count: number;
  readonly first: bigint;
  readonly last: bigint;
}

/** The page contents of a chunk, which are never read. */
export interface PagesItem extends Place {
  readonly kind: 'pages';
  readonly name: 'raw:pages';
  readonly count: number;
}

/** One piece of a stream. The pieces of a stream tile it without gaps. */
export type StreamItem =
  StructItem | TextItem | OpaqueItem | PidsItem | RawBytesItem | VaddrsItem | PagesItem | ExtensionItem | TrailingItem;
