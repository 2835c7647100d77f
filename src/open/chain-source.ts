import { fill, type ByteSource, type ReadOptions } from '../format/bytes/source.js';
import { PAGE_BYTES } from '../format/model/page.js';

/** Where the bytes of each layer begin: one behind the other, each at a multiple of the page size, the first at 0. */
export function layerOffsets(sizes: readonly number[]): number[] {
  let end = 0;
  return sizes.map((size) => {
    const offset = end;
    end += Math.ceil(size / PAGE_BYTES) * PAGE_BYTES;
    return offset;
  });
}

/** The bytes of several sources as one, at the offsets that `layerOffsets` gives them. Closes them all. */
export class ChainSource implements ByteSource {
  readonly name: string;
  readonly size: number;
  readonly isSeekable = true;
  readonly readSync?: NonNullable<ByteSource['readSync']>;
  readonly #sources: readonly ByteSource[];
  readonly #offsets: readonly number[];

  constructor(name: string, sources: readonly ByteSource[]) {
    this.name = name;
    this.#sources = sources;
    this.#offsets = layerOffsets(sources.map(({ size }) => size));
    this.size = (this.#offsets.at(-1) ?? 0) + (sources.at(-1)?.size ?? 0);
    if (sources.every((source) => source.readSync !== undefined))
      this.readSync = (offset, into) => this.#readNow(offset, into);
  }

  async read(offset: number, into: Uint8Array, options?: ReadOptions): Promise<number> {
    const { source, start, most } = this.#layerAt(offset);
    if (into.length <= most) return source.read(offset - start, into, options);
    let filled = 0;
    while (filled < into.length) {
      const part = this.#part(offset + filled, into.subarray(filled));
      if (!part) break;
      if ((await part.source.read(part.offset, part.into, options)) < part.into.length) break;
      filled += part.into.length;
    }
    return filled;
  }

  #readNow(offset: number, into: Uint8Array): number {
    const { source, start, most } = this.#layerAt(offset);
    // a source that does not wait gives a number
    if (into.length <= most) return fill(source, offset - start, into) as number;
    let filled = 0;
    while (filled < into.length) {
      const part = this.#part(offset + filled, into.subarray(filled));
      if (!part || (fill(part.source, part.offset, part.into) as number) < part.into.length) break;
      filled += part.into.length;
    }
    return filled;
  }

  /** The layer that has the byte at `offset`, and how many it has from there on. */
  #layerAt(offset: number): { readonly source: ByteSource; readonly start: number; readonly most: number } {
    let low = 0;
    let high = this.#sources.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if ((this.#offsets[middle] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    const [source, start] = [this.#sources[low], this.#offsets[low] ?? 0];
    if (!source) throw new RangeError('a chain without layers');
    return { source, start, most: start + source.size - offset };
  }

  /** What of `into` one layer fills; what lies between two layers is nobody's. */
  #part(offset: number, into: Uint8Array) {
    const { source, start, most } = this.#layerAt(offset);
    return most <= 0
      ? undefined
      : { source, offset: offset - start, into: into.subarray(0, Math.min(most, into.length)) };
  }

  async close(): Promise<void> {
    for (const source of this.#sources) await source.close();
  }
}
