import * as fs from 'node:fs';
import { IoError } from '../format/errors.js';

/** The descriptor on which the guard finds the journal. */
export const JOURNAL_FD = 3;

/** Room that is taken in advance, so that a disk that fills up later keeps nobody from being told. */
const ROOM_BYTES = 64 * 1024;

/** What the guard has to undo, written down before it is done. */
export type Undo =
  | { readonly undo: 'stop'; readonly pid: number; readonly startTime: string }
  | { readonly undo: 'cgroup'; readonly directory: string; readonly home: string };

/** One line of the journal. */
type Entry =
  | Undo
  | { readonly deadlineNs: string }
  /** The capture came to its end: the file is not to be removed either. */
  | { readonly is: 'dismissed' };

/** What a journal says as a whole. */
export interface GuardOrders {
  readonly undo: readonly Undo[];
  /** When to undo it even if the capture lives, by the clock of `process.hrtime`. */
  readonly deadlineNs: bigint | undefined;
  readonly isDismissed: boolean;
}

/** Writes the journal of a capture: each entry takes effect before `write` returns. */
export class GuardJournal {
  readonly fd: number;
  #end = 0;

  /** @param fd of an empty file, which the journal owns from here on */
  constructor(fd: number) {
    this.fd = fd;
    fs.writeSync(fd, new Uint8Array(ROOM_BYTES), 0, ROOM_BYTES, 0);
  }

  /** @throws {IoError} `WRITE_FAILED` where there is no room for it: what it tells must not be done then */
  write(entry: Entry): void {
    const line = Buffer.from(`${JSON.stringify(entry)}\n`);
    this.#put(line, this.#end);
    this.#end += line.length;
  }

  /** Nothing that was written is to be undone any more; its room is used again. */
  clear(): void {
    // in this order: a reader takes the first zero for the end
    this.#put(new Uint8Array(1), 0);
    this.#put(new Uint8Array(this.#end), 0);
    this.#end = 0;
  }

  close(): void {
    fs.closeSync(this.fd);
  }

  #put(bytes: Uint8Array, at: number): void {
    if (fs.writeSync(this.fd, bytes, 0, bytes.length, at) === bytes.length) return;
    throw new IoError('WRITE_FAILED', { what: 'there is no room left for the journal of the guard' });
  }
}

function readOnce(fd: number): Buffer {
  const bytes = Buffer.alloc(fs.fstatSync(fd).size);
  fs.readSync(fd, bytes, 0, bytes.length, 0);
  return bytes;
}

/** What stands in front of the first zero; read until it is the same twice, as it may be cleared meanwhile. */
function readAll(fd: number): string {
  let bytes = readOnce(fd);
  for (let again = readOnce(fd); !again.equals(bytes); again = readOnce(fd)) bytes = again;
  const end = bytes.indexOf(0);
  return bytes.toString('utf8', 0, end < 0 ? bytes.length : end);
}

/** What the guard has to do now. A line that was not finished was not yet acted on either. */
export function readJournal(fd: number): GuardOrders {
  const lines = readAll(fd).split('\n').slice(0, -1);
  // GuardJournal writes nothing else
  const entries = lines.map((line) => JSON.parse(line) as Entry);
  const deadline = entries.findLast((entry) => 'deadlineNs' in entry);
  return {
    undo: entries.filter((entry) => 'undo' in entry),
    deadlineNs: deadline && BigInt(deadline.deadlineNs),
    isDismissed: entries.some((entry) => 'is' in entry),
  };
}
