import type { ByteSource } from '../bytes/source.js';
import type { At } from '../errors.js';
import type { KernelFields, KernelItem, KernelState } from './kernel-state.js';
import type { PageRanges } from './page-ranges.js';
import type { PageRuns } from './page-runs.js';
import type { Registers } from './registers.js';
import type { SharedMemory } from './shared-memory.js';
import type { Uncaptured } from './uncaptured.js';
import type { VmaKind } from './vma-kind.js';

/** How an image is spelled, and how that was found out. */
export interface ImageFormat {
  readonly family: 'cr' | 'ckpt' | 'process';
  /** As `--to` takes it (`v11`); of a process `live`. */
  readonly revision: string;
  /** The revisions that these bytes may be of (`v10-v13`). */
  readonly covers: string;
  /** Bytes of a native long in the image. */
  readonly wordBytes: 4 | 8;
  /** The rules that decided, for people. */
  readonly decidedBy: readonly string[];
}

export interface KernelVersion {
  readonly major: number;
  readonly minor: number;
  readonly patch: number;
}

export interface ImageHeader {
  readonly kernel: KernelVersion;
  readonly uname: { readonly release: string; readonly version: string; readonly machine: string };
  /** When the image was taken, in seconds since the epoch. */
  readonly timeSeconds: bigint;
  readonly cpu: { readonly hasFxsr: boolean; readonly hasXsave: boolean; readonly xstateBytes: number };
  /** Flags that the checkpoint was asked for with, where the format keeps them. */
  readonly uflags?: bigint | undefined;
  /** What the format says of the container as a whole: its security module. */
  readonly container?: readonly KernelItem[] | undefined;
}

/** The addresses in mm_struct, by the kernel's names. */
export const MM_ADDRESSES = [
  'start_code',
  'end_code',
  'start_data',
  'end_data',
  'start_brk',
  'brk',
  'start_stack',
  'arg_start',
  'arg_end',
  'env_start',
  'env_end',
] as const;

export type MmAddresses = Readonly<Record<(typeof MM_ADDRESSES)[number], bigint>>;

/** The addresses of an address space, without the rest. */
export function addressesOf(mm: MmAddresses): MmAddresses {
  // every name of the list is a member of the model
  return Object.fromEntries(MM_ADDRESSES.map((name) => [name, mm[name]])) as MmAddresses;
}

/** Pages that exist and were not captured. */
export interface LeftOut {
  readonly pages: number;
  /** For people. */
  readonly reason: string;
}

/** One mapping and which of its pages the image holds. */
export interface Vma {
  readonly vm_start: bigint;
  readonly vm_end: bigint;
  readonly vm_page_prot: bigint;
  readonly vm_flags: bigint;
  /** Offset in the backing object, in pages. */
  readonly vm_pgoff: bigint;
  readonly kind: VmaKind;
  /** What it was called when it was captured, where that is more than `kind`: a kind of the user's own, or one that no stream tells. */
  readonly kindName?: string | undefined;
  /** Of a living process: pages that are there and are not captured. */
  readonly leftOut?: LeftOut | undefined;
  /** Path of what is mapped, as in /proc/PID/maps; undefined for memory without one. */
  readonly name: string | undefined;
  /** By address; of a mapping with `shared` what shows of the object's pages. */
  readonly pages: PageRuns;
  /** Of an incremental image: pages, none of them in `pages`, that are what they are in the parent image at the same address. */
  readonly parentPages?: PageRanges | undefined;
  /** Where not all was captured; of a mapping with `shared` what shows of that. */
  readonly uncaptured?: Uncaptured | undefined;
  /** What it shows, where the image holds that by itself. */
  readonly shared?: SharedMemory | undefined;
  /** The open file that it was mapped from, where the format keeps that. */
  readonly file?: OpenFile | undefined;
  /** Bytes of the backing file, where the format keeps that. */
  readonly fileBytes?: bigint | undefined;
  /** Log2 of the bytes of its huge pages, where the format keeps that. */
  readonly hugetlb_shift?: number | undefined;
}

export interface AddressSpace extends MmAddresses {
  /** Ascending, without overlap. */
  readonly vmas: readonly Vma[];
  /** The local descriptor table, 8 bytes an entry; empty for most tasks. */
  readonly ldt: Uint8Array;
  /** Number in the image. */
  readonly id?: number | undefined;
  /** The program, where the format keeps it as an open file. */
  readonly exe?: OpenFile | undefined;
  /** The auxiliary vector as saved: pairs of type and value. */
  readonly auxv?: readonly bigint[] | undefined;
  readonly def_flags?: bigint | undefined;
  readonly flags?: bigint | undefined;
  /** Address of the vdso. */
  readonly vdso?: bigint | undefined;
}

/** Of a task that has no memory, in a format where each has some. */
export const NO_MEMORY: AddressSpace = {
  ...(Object.fromEntries(MM_ADDRESSES.map((name) => [name, 0n])) as MmAddresses),
  vmas: [],
  ldt: new Uint8Array(0),
};

/** What a file descriptor refers to. */
export type FileType =
  'other' | 'regular' | 'directory' | 'symlink' | 'pipe' | 'fifo' | 'socket' | 'tty' | 'epoll' | 'eventfd';

/** An open file description. Descriptors that share one hold the same object. */
export interface OpenFile {
  readonly type: FileType;
  /** Path or link text (`pipe:[1234]`). */
  readonly name: string;
  readonly f_mode: number;
  readonly f_flags: number;
  readonly f_pos: bigint;
  readonly f_version: bigint;
  /** Number in the image. */
  readonly id?: number | undefined;
  readonly kernel?: OpenFileState | undefined;
}

/** What ckpt streams hold of an open file beside the above. */
export interface OpenFileState {
  /** Objects that stand before the file's own record: a socket, a terminal. */
  readonly before: readonly KernelItem[];
  /** Further fields of the record: `pipe_objref`, `f_credref`, an eventfd's `count`. */
  readonly fields: KernelFields;
  /** What follows it: the contents of a pipe. */
  readonly after: readonly KernelItem[];
}

export interface FileDescriptor {
  readonly fd: number;
  readonly isCloseOnExec: boolean;
  readonly file: OpenFile;
}

export interface Thread {
  readonly tid: number;
  readonly comm: string;
  /** The kernel's task state: 0 running, 1 sleeping, 2 uninterruptible, 4 stopped, 8 traced. */
  readonly state: number;
  readonly registers: Registers;
  /** Whether the debug registers are in use; images hold arbitrary values here. */
  readonly usesDebug: number;
  /** The three TLS descriptors, 24 bytes; empty when none is set. */
  readonly tls: Uint8Array;
  /** FXSAVE or XSAVE image; empty when the FPU was not used or its state is not known. */
  readonly xstate: Uint8Array;
  /** What ckpt streams hold of a task beside memory, files and registers. */
  readonly kernel?: KernelState | undefined;
}

/** A process, or in images that hold threads apart, what they call a task. */
export interface Task {
  readonly pid: number;
  readonly tgid: number;
  readonly ppid: number;
  /** Process group and session; undefined where the format has none. */
  readonly pgid: number | undefined;
  readonly sid: number | undefined;
  readonly exitState: number;
  readonly exitCode: number;
  /** The signal its parent gets when it ends; 17 SIGCHLD for a process. */
  readonly exitSignal: number;
  /** Tasks that share their memory hold the same object; undefined for a zombie. */
  readonly mm: AddressSpace | undefined;
  /** Tasks that share their file table hold the same array. */
  readonly files: readonly FileDescriptor[];
  /** The task itself first. */
  readonly threads: readonly [Thread, ...Thread[]];
}

/** Something odd that was read tolerantly. */
export interface Note {
  readonly code: 'CUMULATIVE_COUNT' | 'TRAILING_BYTES' | 'GUESSED' | 'ENDED_BY_WRITER' | 'PARTIAL';
  readonly message: string;
  readonly at: At;
}

/** Bytes of the identity of an image. */
export const IMAGE_ID_BYTES = 32;

/** The image that an incremental one was taken after. */
export interface ParentLink {
  /** From the directory of the image. */
  readonly path: string;
  /** What the parent has for an identity, 32 bytes: the digest of its index. */
  readonly id: Uint8Array;
}

/** What is known of how an image was taken: text keys, values that msgpack has. What is in there is for who captures. */
export type CaptureFacts = Readonly<Record<string, unknown>>;

/** One image of a chain. */
export interface ImageLayer {
  readonly name: string;
  readonly bytes: number;
  readonly timeSeconds: bigint;
  /** Pages whose contents it holds itself, and pages that it leaves to its parent; what is shared counts once. */
  readonly ownPages: number;
  readonly fromParentPages: number;
  /** As its child knows it; undefined of the first, which has none. */
  readonly id: Uint8Array | undefined;
  readonly parent: ParentLink | undefined;
  readonly capture: CaptureFacts | undefined;
}

/** A checkpoint image, whatever wrote it: the state of tasks and their address spaces at one moment. */
export interface Image {
  /** For messages. */
  readonly name: string;
  readonly format: ImageFormat;
  readonly header: ImageHeader;
  readonly tasks: readonly Task[];
  /** What the `offset` column of every page run points into. */
  readonly contents: ByteSource;
  readonly notes: readonly Note[];
  /** Of an incremental image: without it, pages of its mappings are missing. */
  readonly parent?: ParentLink | undefined;
  /** Written behind the tasks, and so read from here only then: it may say what writing them took. */
  readonly capture?: CaptureFacts | undefined;
  /** Of an image that was opened with its ancestors: itself and all of them, in that order. */
  readonly layers?: readonly ImageLayer[] | undefined;
  /**
   * To be called when all contents were read that were wanted: checks that they stayed as they were meanwhile. A process
   * runs on from here. Absent where nothing can change.
   */
  release?(): Promise<void>;
  /** Lets go of the contents, and of the process, if it is one. */
  close(): Promise<void>;
}

/** Something that a conversion could not carry over. */
export interface Loss {
  readonly path: string;
  readonly what: string;
  readonly why: string;
  /** How much it was, as far as it has a size; 0 for a fact such as a number that changed. */
  readonly bytes: number;
}
