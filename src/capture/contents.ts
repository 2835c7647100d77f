import type { ByteSource } from '../format/bytes/source.js';
import { FormatError } from '../format/errors.js';
import { PAGE_BYTES } from '../format/model/page.js';
import { placeAt, placesOf, type Places } from './places.js';

/** What contents are read from without waiting: the memory of a process, a shared object. */
export interface ContentsPart {
  readonly name: string;
  /** Of a file whose offsets are its own, which other threads can read. */
  readonly descriptor?: number | undefined;
  /** Fills all of `into` or fails. */
  readSync(offset: number, into: Uint8Array): number;
}

/** Contents of an image that need not be waited for. */
export type Contents = ByteSource & ContentsPart;

/** A stretch of a part and where it lies in the contents, in bytes. */
interface Placed {
  readonly part: ContentsPart;
  readonly from: number;
  readonly base: number;
  readonly end: number;
}

/** Gives parts their place in the contents of one image: one behind the other. */
export class ContentsLayout {
  readonly #placed: Placed[] = [];
  #end = 0;

  /** Places `bytes` of a part from `from` on; returns what is to be added to its offsets. */
  place(part: ContentsPart, from: number, bytes: number): number {
    const base = this.#end;
    const end = base + bytes;
    if (end > Number.MAX_SAFE_INTEGER)
      throw new FormatError('CANNOT_HOLD', {
        what: 'the address spaces together',
        expected: '< 2^53 bytes',
        actual: end,
      });
    this.#placed.push({ part, from, base, end });
    this.#end = end;
    return base - from;
  }

  /** Places pages of a part, whose offsets are addresses. */
  placePages(part: ContentsPart, startVpn: number, endVpn: number): number {
    return this.place(part, startVpn * PAGE_BYTES, (endVpn - startVpn) * PAGE_BYTES);
  }

  /** How many stretches were placed. */
  get count(): number {
    return this.#placed.length;
  }

  /** What was placed until now, for other threads. */
  places(): Places {
    return placesOf(
      this.#placed.map(({ part, from, base, end }) => ({ end, shift: from - base, descriptor: part.descriptor })),
    );
  }

  /** All that was placed, as one source, which closes none of it. */
  source(name: string): Contents {
    return new PlacedContents(name, this.#placed, this.places());
  }
}

class PlacedContents implements ByteSource {
  readonly name: string;
  readonly size: number;
  readonly isSeekable = true;
  readonly #placed: readonly Placed[];
  readonly #places: Places;

  constructor(name: string, placed: readonly Placed[], places: Places) {
    this.name = name;
    this.size = placed.at(-1)?.end ?? 0;
    this.#placed = placed;
    this.#places = places;
  }

  /** Throws what reading the parts throws; short only behind the last. */
  readSync(offset: number, into: Uint8Array): number {
    let filled = 0;
    for (let i = placeAt(this.#places, offset); filled < into.length; i++) {
      const placed = this.#placed[i];
      if (!placed) break;
      const at = offset + filled;
      const wanted = into.subarray(filled, filled + Math.min(into.length - filled, placed.end - at));
      filled += placed.part.readSync(at - placed.base + placed.from, wanted);
    }
    return filled;
  }

  read(offset: number, into: Uint8Array): Promise<number> {
    return new Promise((resolve) => {
      resolve(this.readSync(offset, into));
    });
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
