import { Worker } from 'node:worker_threads';
import { pwriteFully, writeFailure, type FileSink } from '../format/bytes/file-sink.js';
import type { ByteSink } from '../format/bytes/sink.js';
import type { ByteSource } from '../format/bytes/source.js';
import { nextTurn } from '../format/bytes/turn.js';
import { RING_SLOTS, WORD, WRITER_STATE, makeRing, slotPart } from './write-ring.js';

/** How long to stand still for the disk before the event loop gets a turn, so that signals and ends are heard. */
const PATIENCE_MS = 20;

/**
 * A file that a thread writes while the next buffer is filled. Until the thread has started, and if it fails, the
 * caller's thread writes itself: nothing is lost with it, and errors are the file's own.
 */
export class ThreadedSink implements ByteSink {
  readonly #file: FileSink;
  readonly #ring = makeRing();
  readonly #worker: Worker;
  #given = 0;
  #hasEnded = false;

  /**
   * Starts the thread; the file is made with the first write.
   *
   * @param program what the thread runs, ours unless told
   */
  constructor(file: FileSink, program = new URL('./sink-main.js', import.meta.url)) {
    this.#file = file;
    this.#worker = this.#start(program);
  }

  get name(): string {
    return this.#file.name;
  }

  get position(): number {
    return this.#file.position;
  }

  async takeBuffer(length: number): Promise<Uint8Array> {
    const slot = this.#ring.slots[this.#given % RING_SLOTS];
    if (!slot || slot.length < length) return new Uint8Array(length);
    await this.#untilWritten(this.#given - RING_SLOTS + 1);
    return slot;
  }

  async write(bytes: Uint8Array): Promise<void> {
    const slot = this.#given % RING_SLOTS;
    const isOurs = bytes.buffer === this.#ring.slots[slot]?.buffer;
    if (isOurs && this.#state === WRITER_STATE.ready) {
      this.#handOver(slot, bytes);
      return;
    }
    await this.#untilWritten(this.#given);
    this.#file.write(bytes);
  }

  async reread(): Promise<ByteSource> {
    await this.#untilWritten(this.#given);
    return this.#file.reread();
  }

  async commit(): Promise<void> {
    try {
      await this.#untilWritten(this.#given);
    } catch (error) {
      await this.abort();
      throw error;
    }
    await this.#worker.terminate();
    await this.#file.commit();
  }

  /** The descriptor is closed only when the thread cannot write to it any more. */
  async abort(): Promise<void> {
    await this.#worker.terminate();
    await this.#file.abort();
  }

  get #state(): number {
    return this.#hasEnded ? WRITER_STATE.failed : Atomics.load(this.#ring.words, WORD.state);
  }

  #start(program: URL): Worker {
    const worker = new Worker(program, { workerData: this.#ring, execArgv: [] });
    worker.unref();
    worker.on('error', () => {
      this.#hasEnded = true;
    });
    worker.on('exit', () => {
      this.#hasEnded = true;
    });
    return worker;
  }

  #handOver(slot: number, bytes: Uint8Array): void {
    const { words, start, length, position } = this.#ring;
    start[slot] = bytes.byteOffset;
    length[slot] = bytes.length;
    const left = this.#file.leave(bytes.length);
    position[slot] = left.position;
    Atomics.store(words, WORD.fd, left.fd);
    Atomics.store(words, WORD.given, ++this.#given);
    Atomics.notify(words, WORD.given);
  }

  async #untilWritten(count: number): Promise<void> {
    const { words } = this.#ring;
    for (;;) {
      const written = Atomics.load(words, WORD.written);
      if (written >= count) return;
      if (this.#state === WRITER_STATE.failed) {
        await this.#takeOver();
        return;
      }
      if (Atomics.wait(words, WORD.written, written, PATIENCE_MS) === 'timed-out') await nextTurn();
    }
  }

  /** Writes what the thread left. */
  async #takeOver(): Promise<void> {
    await this.#worker.terminate();
    const { words } = this.#ring;
    try {
      for (let count = Atomics.load(words, WORD.written); count < this.#given; count++) {
        const { bytes, position } = slotPart(this.#ring, count);
        pwriteFully(Atomics.load(words, WORD.fd), bytes, position);
        Atomics.store(words, WORD.written, count + 1);
      }
    } catch (cause) {
      throw writeFailure(this.name, cause);
    }
  }
}
