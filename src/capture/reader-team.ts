import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { LEAD_BYTES } from '../format/bytes/read-buffer.js';
import { nextTurn } from '../format/bytes/turn.js';
import type { ContentsPart } from './contents.js';
import { UNIT, WORD, claimUnit, readUnit, touchNext, type CopyOrder, type HeldRoom } from './held-copy.js';
import { SLAB_BYTES, type HeldPlan } from './held-plan.js';
import type { StopDeadline } from './stop-deadline.js';
import type { ReaderData } from './reader-main.js';

/** More readers than this wait for memory instead of reading. */
const MAX_READERS = 4;
/** Less than this is read before a thread has started. */
const WORTH_THREADS_BYTES = 64 * 1024 * 1024;
/** How long a reader may take for a unit; then it is read again by who waits for it. */
const PATIENCE_MS = 1000;
/** How many units are read before the event loop gets a turn: 64 MiB. */
const UNITS_PER_TURN = 8;

function makeRoom(bytes: number): HeldRoom {
  const slabs: Uint8Array[] = [];
  for (let at = 0; at < bytes; at += SLAB_BYTES) {
    const length = Math.min(SLAB_BYTES, bytes - at);
    slabs.push(new Uint8Array(new SharedArrayBuffer(LEAD_BYTES + length), LEAD_BYTES, length));
  }
  const words = new SharedArrayBuffer(Object.keys(WORD).length * Int32Array.BYTES_PER_ELEMENT);
  return { slabs, bytes, words: new Int32Array(words) };
}

/** Resolves when a reader has done its share of touching, or has ended. */
function untilReady(reader: Worker): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      resolve();
    };
    // who has ended is missed by nobody: the others do its share
    reader.once('message', done).once('error', done).once('exit', done);
  });
}

/** What a team is to copy. */
export interface TeamOrder extends Pick<CopyOrder, 'plan' | 'units' | 'places'> {
  readonly signal: AbortSignal | undefined;
  /** What is read later does not count. */
  readonly deadline: StopDeadline | undefined;
  /** What the plan is of, for what has no place that threads can read. */
  readonly contents: ContentsPart;
}

/** A state for each unit of a plan, which threads can share. */
export function unitStates(plan: HeldPlan): Int32Array {
  return new Int32Array(new SharedArrayBuffer(plan.unitEnd.length * Int32Array.BYTES_PER_ELEMENT));
}

/** Threads that copy the memory of processes into room that was made before; the caller's is one of them. */
export class ReaderTeam {
  readonly room: HeldRoom;
  readonly #readers: Worker[] = [];

  /**
   * Starts the readers, which begin to touch the room.
   *
   * @param program what they run, ours unless told
   * @throws {RangeError} when there is no such room
   */
  constructor(bytes: number, program = new URL('./reader-main.js', import.meta.url)) {
    this.room = makeRoom(bytes);
    const workerData: ReaderData = { room: this.room };
    const readers = bytes < WORTH_THREADS_BYTES ? 1 : Math.min(availableParallelism(), MAX_READERS);
    while (this.#readers.length < readers - 1) {
      const reader = new Worker(program, { workerData, execArgv: [] });
      reader.unref();
      this.#readers.push(reader);
    }
  }

  /** Resolves when all of the room has its pages and every reader waits for work. */
  async ready(signal: AbortSignal | undefined): Promise<void> {
    const others = this.#readers.map(untilReady);
    while (touchNext(this.room)) {
      await nextTurn();
      signal?.throwIfAborted();
    }
    await Promise.all(others);
  }

  /**
   * Copies what a plan tells, which has to fit. A reader that fails or does not come on is replaced by the caller.
   *
   * @param units a state for each unit of the plan (`unitStates`), in which the caller finds what was read before an error
   * @throws {CaptureError} what reading the memory throws; the readers may still be at their last units then
   */
  async copy({ plan, units, places, contents, signal, deadline }: TeamOrder): Promise<void> {
    const order: CopyOrder = { plan, units, places, untilNs: deadline?.atNs };
    for (const reader of this.#readers) reader.postMessage(order);
    let own = 0;
    for (let unit = claimUnit(this.room, order); unit !== undefined; unit = claimUnit(this.room, order)) {
      this.#readUnit(order, unit, contents);
      if (++own % UNITS_PER_TURN !== 0) continue;
      await nextTurn();
      signal?.throwIfAborted();
    }
    for (let unit = 0; unit < order.units.length; unit++) await this.#complete(order, unit, { contents, deadline });
  }

  /** Ends the readers. None of them reads the memory when this has resolved. */
  async end(): Promise<void> {
    await Promise.all(this.#readers.splice(0).map((reader) => reader.terminate()));
  }

  #readUnit(order: CopyOrder, unit: number, contents: ContentsPart): void {
    readUnit(this.room, order, unit, (offset, into) => contents.readSync(offset, into));
    Atomics.store(order.units, unit, UNIT.read);
  }

  async #complete(
    order: CopyOrder,
    unit: number,
    { contents, deadline }: Pick<TeamOrder, 'contents' | 'deadline'>,
  ): Promise<void> {
    Atomics.wait(order.units, unit, UNIT.open, Math.min(PATIENCE_MS, deadline?.leftMs ?? Infinity));
    const state = Atomics.load(order.units, unit);
    if (state === UNIT.read) return;
    deadline?.check();
    // a late reader must not put later contents over what is read now
    if (state === UNIT.open) await this.end();
    this.#readUnit(order, unit, contents);
  }
}
