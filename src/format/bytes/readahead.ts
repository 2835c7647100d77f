/** Readers of one source that go forwards at the same time, such as through structure and through contents. */
const MAX_STREAMS = 4;

/** A place that is read forwards from. In blocks. */
interface Stream {
  last: number;
  /** Of the last request. */
  window: number;
}

/** Notices who reads forwards, and lets requests for them grow. In blocks. */
export class Readahead {
  readonly #maxBlocks: number;
  /** The last used first. */
  #streams: Stream[] = [];

  constructor(maxBlocks: number) {
    this.#maxBlocks = maxBlocks;
  }

  /**
   * Notes a read of the blocks `first` to `last`.
   *
   * @returns how many blocks a request for them may have, them included: twice as many as the one before for whom reads on
   *   where he was, no more than asked for else
   */
  follow(first: number, last: number, isMissing: boolean): number {
    const known = this.#streams.find((stream) => first === stream.last || first === stream.last + 1);
    const stream = known ?? { last, window: 0 };
    stream.last = last;
    if (isMissing) stream.window = Math.min(Math.max(last - first + 1, 2 * stream.window), this.#maxBlocks);
    this.#streams = [stream, ...this.#streams.filter((other) => other !== stream)].slice(0, MAX_STREAMS);
    return stream.window;
  }
}
