/** Where in an image something lies: byte offset in the source and path of the record. */
export interface At {
  readonly offset: number;
  readonly path: string;
}

/** What is wrong with an image. One code, one meaning; the text of an error may change, its code may not. */
export const FORMAT_CODES = {
  NOT_AN_IMAGE: 'the bytes are no image of a known format',
  UNSUPPORTED: 'an image of a known family that this version does not read',
  TRUNCATED: 'the input ends inside the image',
  UNEXPECTED_RECORD: 'a record of another type was expected here',
  LENGTH_MISMATCH: 'a record has not the length of its struct',
  LENGTH_OVERRUN: 'a length or count reaches beyond what can be there',
  PARENT_MISMATCH: 'the parent field names another record',
  BAD_MAGIC: 'a magic number differs',
  BAD_FIELD: 'a field holds a value that is not allowed',
  BAD_REFERENCE: 'a field names an object that is not there, or another one',
  STRING_UNTERMINATED: 'a string has no NUL at its end',
  VMA_ORDER: 'VMAs overlap or do not ascend',
  ADDRESS_OUT_OF_VMA: 'a page address lies outside its VMA',
  ADDRESS_ORDER: 'page addresses do not ascend',
  ADDRESS_UNALIGNED: 'an address is no multiple of the page size',
  OVER_BUDGET: 'reading on would take more memory than allowed',
  NOT_SEEKABLE: 'the input can only be read forwards',
  CANNOT_HOLD: 'the target format has no way to say this',
  BAD_VALUE: 'a value cannot be written into its field',
  BAD_DOCUMENT: 'a document of records is not what such a document is',
  INDEX_DAMAGED: 'an index is not what such an index is',
  INDEX_STALE: 'an index is not of this image',
  DIGEST_MISMATCH: 'bytes have not the digest that they had when they were written',
  PARENT_MISSING: 'the parent of an incremental image is not there, or cannot be read',
  PARENT_CHANGED: 'the parent of an incremental image is another image than it was',
  PARENT_LOOP: 'an image is its own ancestor, or has more of them than there can be',
  PARENT_LACKS: 'pages that are left to the parent are not in there',
  NO_IDENTITY: 'the image has no index with digests, by which an incremental one knows it',
} as const;

/** Why memory of an image cannot be read. */
export const MEMORY_CODES = {
  NOT_MAPPED: 'no mapping has this address',
  NOT_IN_IMAGE: 'the mapping has this address, but the image does not hold its contents',
} as const;

/** Why a process could not be captured. */
export const CAPTURE_CODES = {
  NO_SUCH_PROCESS: 'there is no process of this pid',
  NOT_A_PROCESS: 'the pid names a thread or a kernel thread',
  OWN_PROCESS: 'a process cannot stop itself to be captured',
  NO_PERMISSION: 'the kernel does not let this user read the process',
  TARGET_ENDED: 'the process ended while it was being captured',
  TARGET_EXECED: 'the process executed another program meanwhile',
  TARGET_CHANGED: 'the process changed its memory map while it was being captured',
  TARGET_RAN: 'the process was resumed by somebody while it was being captured',
  NOT_FROZEN: 'the process did not stop in time',
  NO_FREEZER: 'the process cannot be frozen by a cgroup',
  DEADLINE: 'the process would have stood still for longer than allowed',
  GUARD_FAILED: 'the guard that resumes the process could not be started',
  REFUSED: 'the process holds something that --strict refuses',
  UNSUPPORTED_MACHINE: 'capture does not know this machine',
} as const;

/** Why bytes could not be read or written. */
export const IO_CODES = {
  READ_FAILED: 'reading failed',
  WRITE_FAILED: 'writing failed',
  OUTPUT_CLOSED: 'the reader of our output went away',
  NO_RANGES: 'a server does not give parts of a file',
  SOURCE_CHANGED: 'the input became another one while it was read',
  WORKER_FAILED: 'a thread that does part of the work ended',
} as const;

/** What is wrong with a request, before anything is read. */
export const USAGE_CODES = {
  BAD_ARGUMENT: 'an argument cannot be understood',
} as const;

export type FormatCode = keyof typeof FORMAT_CODES;
export type CaptureCode = keyof typeof CAPTURE_CODES;
export type IoCode = keyof typeof IO_CODES;
export type UsageCode = keyof typeof USAGE_CODES;
export type MemoryCode = keyof typeof MEMORY_CODES;
export type ErrorCode = FormatCode | MemoryCode | CaptureCode | IoCode | UsageCode;

/** What an error knows. `expected` and `actual` become part of the message. */
export interface ErrorFacts {
  readonly what: string;
  /** Without an offset where the image is not one of bytes yet. */
  readonly at?: Partial<At> | undefined;
  readonly expected?: string | number | bigint | undefined;
  readonly actual?: string | number | bigint | undefined;
  readonly cause?: unknown;
}

function describe(facts: ErrorFacts): string {
  const is = facts.actual === undefined ? '' : ` is ${String(facts.actual)}`;
  const expected = facts.expected === undefined ? '' : `, expected ${String(facts.expected)}`;
  return `${facts.what}${is}${expected}`;
}

/** The one ancestor of everything this library throws. `exitCode` is what the command line ends with. */
export abstract class CritError extends Error {
  abstract readonly exitCode: number;
  readonly code: ErrorCode;
  /** Byte offset in the source, where there is one. */
  readonly offset: number | undefined;
  /** Path of the record, such as `task[0].mm.vma[3].pgarr[1]`. */
  readonly path: string | undefined;

  constructor(code: ErrorCode, facts: ErrorFacts) {
    super(describe(facts), facts.cause === undefined ? undefined : { cause: facts.cause });
    this.name = new.target.name;
    this.code = code;
    this.offset = facts.at?.offset;
    this.path = facts.at?.path;
  }

  /** Puts the name of the input in front of the message, unless that tells it already. */
  nameSource(name: string): void {
    if (!this.message.includes(name)) this.message = `${name}: ${this.message}`;
  }

  /** Code, offset and path in brackets, as the last part of a line for people. */
  get location(): string {
    const offset = this.offset === undefined ? '' : ` at 0x${this.offset.toString(16)}`;
    const path = this.path === undefined || this.path === '' ? '' : `, ${this.path}`;
    return `[${this.code}${offset}${path}]`;
  }
}

/** The image is damaged, unknown or cannot hold what is asked. */
export class FormatError extends CritError {
  readonly exitCode = 3;
  constructor(code: FormatCode, facts: ErrorFacts) {
    super(code, facts);
  }
}

/** The image has no such memory. `offset` of the error is undefined; the address is in the message and in `vaddr`. */
export class MemoryError extends CritError {
  readonly exitCode = 3;
  /** First address that cannot be read. */
  readonly vaddr: bigint;
  constructor(code: MemoryCode, vaddr: bigint, facts: ErrorFacts) {
    super(code, facts);
    this.vaddr = vaddr;
  }
}

/** The process cannot be captured. */
export class CaptureError extends CritError {
  readonly exitCode = 4;
  constructor(code: CaptureCode, facts: ErrorFacts) {
    super(code, facts);
  }
}

/** Input or output failed; `cause` is what the system said. */
export class IoError extends CritError {
  readonly exitCode = 5;
  constructor(code: IoCode, facts: ErrorFacts) {
    super(code, facts);
  }
}

/** The request itself is wrong. */
export class UsageError extends CritError {
  readonly exitCode = 2;
  constructor(code: UsageCode, facts: ErrorFacts) {
    super(code, facts);
  }
}

/** The errno name of a system error (`ENOSPC`), or undefined when it is something else. */
export function errnoOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}
