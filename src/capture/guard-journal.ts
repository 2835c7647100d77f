import * as fs from 'node:fs';

/** The descriptor on which the guard finds the journal. */
export const JOURNAL_FD = 3;

/** Room that is taken in advance, so that a disk that fills up later keeps nobody from being told. */
const ROOM_BYTES = 64 * 1024;

/** What the guard has to undo, written down before it is done. */
export type Undo =
  | { readonly undo: 'stop'; readonly pid: number; readonly startTime: string }
  | { readonly undo: 'cgroup'; readonly directory: string; readonly home: string };

/** One line of the journal; from `disarm` on there is nothing to undo of what stands before it. */
type Entry =
  | Undo
  | { readonly deadlineNs: string }
  | { readonly is: 'disarmed' }
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

  write(entry: Entry): void {
    const line = Buffer.from(`${JSON.stringify(entry)}\n`);
    fs.writeSync(this.fd, line, 0, line.length, this.#end);
    this.#end += line.length;
  }

  close(): void {
    fs.closeSync(this.fd);
  }
}

function readAll(fd: number): string {
  const bytes = Buffer.alloc(fs.fstatSync(fd).size);
  fs.readSync(fd, bytes, 0, bytes.length, 0);
  const end = bytes.indexOf(0);
  return bytes.toString('utf8', 0, end < 0 ? bytes.length : end);
}

/** What the guard has to do now. A line that was not finished was not yet acted on either. */
export function readJournal(fd: number): GuardOrders {
  const lines = readAll(fd).split('\n').slice(0, -1);
  // GuardJournal writes nothing else
  const entries = lines.map((line) => JSON.parse(line) as Entry);
  const disarmedAt = entries.findLastIndex((entry) => 'is' in entry && entry.is === 'disarmed');
  const armed = entries.slice(disarmedAt + 1);
  const deadline = armed.findLast((entry) => 'deadlineNs' in entry);
  return {
    undo: armed.filter((entry) => 'undo' in entry),
    deadlineNs: deadline && BigInt(deadline.deadlineNs),
    isDismissed: entries.some((entry) => 'is' in entry && entry.is === 'dismissed'),
  };
}
