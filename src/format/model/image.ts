import type { ByteSource } from '../bytes/source.js';
import type { At } from '../errors.js';
import type { PageRuns } from './page-runs.js';
import type { Registers } from './registers.js';
import type { VmaKind } from './vma-kind.js';

/** How an image is spelled, and how that was found out. */
export interface ImageFormat {
  readonly family: 'cr' | 'process';
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

/** One mapping and which of its pages the image holds. */
export interface Vma {
  readonly vm_start: bigint;
  readonly vm_end: bigint;
  readonly vm_page_prot: bigint;
  readonly vm_flags: bigint;
  /** Offset in the backing object, in pages. */
  readonly vm_pgoff: bigint;
  readonly kind: VmaKind;
  /** Path of what is mapped, as in /proc/PID/maps; undefined for memory without one. */
  readonly name: string | undefined;
  readonly pages: PageRuns;
}

export interface AddressSpace extends MmAddresses {
  /** Ascending, without overlap. */
  readonly vmas: readonly Vma[];
  /** The local descriptor table, 8 bytes an entry; empty for most tasks. */
  readonly ldt: Uint8Array;
}

/** What a file descriptor refers to. */
export const FILE_TYPES = { other: 0, regular: 1, directory: 2, symlink: 3 } as const;
export type FileType = keyof typeof FILE_TYPES;

/** An open file description. Descriptors that share one hold the same object. */
export interface OpenFile {
  readonly type: FileType;
  /** Path or link text (`pipe:[1234]`). */
  readonly name: string;
  readonly f_mode: number;
  readonly f_flags: number;
  readonly f_pos: bigint;
  readonly f_version: bigint;
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
}

/** A process, or in images that hold threads apart, what they call a task. */
export interface Task {
  readonly pid: number;
  readonly tgid: number;
  readonly ppid: number;
  readonly exitState: number;
  readonly exitCode: number;
  /** The signal its parent gets when it ends; 17 SIGCHLD for a process. */
  readonly exitSignal: number;
  readonly mm: AddressSpace;
  readonly files: readonly FileDescriptor[];
  /** The task itself first. */
  readonly threads: readonly [Thread, ...Thread[]];
}

/** Something odd that was read tolerantly. */
export interface Note {
  readonly code: 'CUMULATIVE_COUNT' | 'TRAILING_BYTES' | 'GUESSED';
  readonly message: string;
  readonly at: At;
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
}
