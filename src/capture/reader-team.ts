import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { LEAD_BYTES } from '../format/bytes/read-buffer.js';
import { nextTurn } from '../format/bytes/turn.js';
import type { ContentsPart } from './contents.js';
import { UNIT, WORD, claimUnit, readUnit, touchNext, type CopyOrder, type HeldRoom } from './held-copy.js';
import { SLAB_BYTES, type HeldPlan } from './held-plan.js';
import type { ProcessMemory } from './memory.js';
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

/** Threads that copy the memory of a process into room that was made before; the caller's is one of them. */
export class ReaderTeam {
  readonly room: HeldRoom;
  readonly #readers: Worker[] = [];
  #contents: ContentsPart;

  /**
   * Starts the readers, which begin to touch the room.
   *
   * @param program what they run, ours unless told
   * @throws {RangeError} when there is no such room
   */
  constructor(memory: ProcessMemory, bytes: number, program = new URL('./reader-main.js', import.meta.url)) {
    this.room = makeRoom(bytes);
    this.#contents = memory;
    const workerData: ReaderData = { room: this.room, fd: memory.descriptor };
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
   * @param contents what the plan is of, where that is more than the memory, which has the same offsets in it
   * @throws {CaptureError} what reading the memory throws
   */
  async copy(plan: HeldPlan, signal: AbortSignal | undefined, contents: ContentsPart = this.#contents): Promise<void> {
    this.#contents = contents;
    const states = new SharedArrayBuffer(plan.unitEnd.length * Int32Array.BYTES_PER_ELEMENT);
    const order: CopyOrder = { plan, units: new Int32Array(states) };
    for (const reader of this.#readers) reader.postMessage(order);
    let own = 0;
    for (let unit = claimUnit(this.room, order); unit !== undefined; unit = claimUnit(this.room, order)) {
      this.#readUnit(order, unit);
      if (++own % UNITS_PER_TURN !== 0) continue;
      await nextTurn();
      signal?.throwIfAborted();
    }
    for (let unit = 0; unit < order.units.length; unit++) await this.#complete(order, unit);
  }

  /** Ends the readers. None of them reads the memory when this has resolved. */
  async end(): Promise<void> {
    await Promise.all(this.#readers.splice(0).map((reader) => reader.terminate()));
  }

  #readUnit(order: CopyOrder, unit: number): void {
    readUnit(this.room, order, unit, (vaddr, into) => this.#contents.readSync(vaddr, into));
    Atomics.store(order.units, unit, UNIT.read);
  }

  async #complete(order: CopyOrder, unit: number): Promise<void> {
    Atomics.wait(order.units, unit, UNIT.open, PATIENCE_MS);
    const state = Atomics.load(order.units, unit);
    if (state === UNIT.read) return;
    // a late reader must not put later contents over what is read now
    if (state === UNIT.open) await this.end();
    this.#readUnit(order, unit);
  }
}
