import type { ExtensionItem } from '../../linux-cr/extension.js';
import type { TrailingItem } from '../../linux-cr/trailing.js';
import type { AnyRecord, Layout } from '../../layout/layout.js';
import type { ObjectName, RecordName } from '../tables/names.js';

interface Place {
  /** Where it starts: at its header, or at its first byte where it has none. */
  readonly offset: number;
  /** Bytes, header included. */
  readonly length: number;
  /** Such as `task[0].mm.vma[3].pgarr[1]`. */
  readonly path: string;
}

/** What a record that is only bytes or text is there for; of an OBJREF which object begins. */
export type Role =
  | ObjectName
  | 'release'
  | 'version'
  | 'machine'
  | 'lsm_name'
  | 'pid_objects'
  | 'pids'
  | 'vpids'
  | 'comm'
  | 'auxv'
  | 'sems'
  | 'message'
  | 'epoll_items'
  | 'error';

/** A record that was decoded. */
export interface RecordItem extends Place {
  readonly kind: 'record';
  readonly type: number;
  /** `type N` where the revision has no name for it. */
  readonly name: RecordName | `type ${number}`;
  readonly role: Role | undefined;
  /** Of the struct that the payload begins with; undefined where there is none or none is known. */
  readonly layout: Layout | undefined;
  /** Members of that struct, gaps included. */
  readonly fields: AnyRecord;
  /** Structs behind it. */
  readonly elements: readonly AnyRecord[];
  readonly elementLayout: Layout | undefined;
  /** What is left of the payload behind all that. */
  readonly bytes: Uint8Array;
}

/** The BUFFER behind PGARR: addresses, or indices of shared memory, and pages. Neither is kept. */
export interface PagesItem extends Place {
  readonly kind: 'pages';
  readonly type: number;
  readonly name: 'BUFFER';
  readonly count: number;
  /** First and last address, or index. */
  readonly first: bigint;
  readonly last: bigint;
  readonly isIndexed: boolean;
}

/** Pipe contents of v16 and v17, which have no header. */
export interface RawItem extends Place {
  readonly kind: 'raw';
  readonly name: 'raw:pipe';
  readonly bytes: Uint8Array;
}

/** A record of an image that is only listed: what is in it is not looked at. */
export interface FramedItem extends Place {
  readonly kind: 'framed';
  readonly type: number;
  readonly name: RecordName | `type ${number}`;
}

/** Bytes that could not be understood, up to where reading went on. */
export interface LostItem extends Place {
  readonly kind: 'lost';
  readonly name: 'raw:lost';
}

/** One piece of a stream. The pieces of a stream tile it without gaps. */
export type StreamItem = RecordItem | PagesItem | RawItem | FramedItem | LostItem | ExtensionItem | TrailingItem;
