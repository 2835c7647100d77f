import { Worker } from 'node:worker_threads';
import { packError } from './thrown-error.js';
import { IoError } from '../format/errors.js';
import type { Answer, Order } from './protocol.js';

/** A thread that obeys orders. It keeps the process alive only while it has some. */
export class Member {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, (answer: Answer) => void>();
  #end: unknown;
  #hasEnded = false;

  /** @param program what it runs; it has to `serve` */
  constructor(program: URL) {
    // flags of ours (inspectors, loaders) would only make it start late
    this.#worker = new Worker(program, { execArgv: [] });
    this.#worker.on('message', (answer: Answer) => {
      this.#settle(answer);
    });
    this.#worker.on('error', (cause) => {
      this.#end = cause;
    });
    this.#worker.on('exit', () => {
      this.#ended();
    });
    this.#worker.unref();
  }

  /** How many orders it has not answered yet. */
  get load(): number {
    return this.#waiting.size;
  }

  /** Never rejects: a thread that dies answers with that. */
  send(order: Order): Promise<Answer> {
    if (this.#hasEnded) return Promise.resolve(this.#lastAnswer(order.id));
    if (this.#waiting.size === 0) this.#worker.ref();
    return new Promise((resolve) => {
      this.#waiting.set(order.id, resolve);
      this.#worker.postMessage(order);
    });
  }

  async close(): Promise<void> {
    await this.#worker.terminate();
  }

  #settle(answer: Answer): void {
    this.#waiting.get(answer.id)?.(answer);
    this.#waiting.delete(answer.id);
    if (this.#waiting.size === 0) this.#worker.unref();
  }

  #ended(): void {
    this.#hasEnded = true;
    for (const id of [...this.#waiting.keys()]) this.#settle(this.#lastAnswer(id));
  }

  #lastAnswer(id: number): Answer {
    const why = this.#end instanceof Error ? `: ${this.#end.message}` : '';
    const error = new IoError('WORKER_FAILED', { what: `a worker thread ended early${why}`, cause: this.#end });
    return { id, failure: { kind: 'thrown', error: packError(error) } };
  }
}
