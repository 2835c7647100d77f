import type { ByteSource } from '../format/bytes/source.js';
import { heldPart, pieceAt, type HeldPlan } from './held-plan.js';

/** The contents that processes had at one moment, held in memory, at the offsets that they had there. */
export class HeldMemory implements ByteSource {
  readonly name: string;
  readonly size: number;
  readonly isSeekable = true;
  readonly #plan: HeldPlan;
  #slabs: readonly Uint8Array[];

  constructor(name: string, size: number, plan: HeldPlan, slabs: readonly Uint8Array[]) {
    this.name = name;
    this.size = size;
    this.#plan = plan;
    this.#slabs = slabs;
  }

  /** Short where what is held ends. */
  readSync(offset: number, into: Uint8Array): number {
    const { offset: starts, length, at } = this.#plan;
    let filled = 0;
    for (let piece = pieceAt(this.#plan, offset); piece >= 0 && filled < into.length; piece++) {
      const within = offset + filled - (starts[piece] ?? Infinity);
      const left = (length[piece] ?? 0) - within;
      if (within < 0 || left <= 0) break;
      const part = heldPart(this.#slabs, (at[piece] ?? 0) + within, Math.min(left, into.length - filled));
      into.set(part, filled);
      filled += part.length;
    }
    return filled;
  }

  read(offset: number, into: Uint8Array): Promise<number> {
    return Promise.resolve(this.readSync(offset, into));
  }

  close(): Promise<void> {
    this.#slabs = [];
    return Promise.resolve();
  }
}
