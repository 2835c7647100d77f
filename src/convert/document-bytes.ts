import { Cursor } from '../format/bytes/cursor.js';
import type { ByteSource } from '../format/bytes/source.js';
import { FormatError } from '../format/errors.js';
import { MAX_PART_BYTES, badDocument } from './bad-document.js';

const READ_BYTES = 256 * 1024;

/** The bytes of a document, cut into parts whose length only they themselves tell. */
export class DocumentBytes {
  readonly #cursor: Cursor;

  constructor(source: ByteSource) {
    this.#cursor = new Cursor(source);
  }

  get position(): number {
    return this.#cursor.position;
  }

  /** What is at hand, which `more` makes more; valid until then. */
  get atHand(): Uint8Array {
    return this.#cursor.view(this.#cursor.buffered);
  }

  advance(bytes: number): void {
    this.#cursor.advance(bytes);
  }

  /** Whether there was more to read. */
  async more(): Promise<boolean> {
    const had = this.#cursor.buffered;
    await this.#cursor.fill(had + Math.max(had, READ_BYTES));
    return this.#cursor.buffered > had;
  }

  /**
   * The next part; undefined at the end.
   *
   * @param lengthOf  length of the part that the bytes begin with, undefined where its end is not among them
   * @throws {FormatError} `TRUNCATED` where the end comes inside the part, `BAD_DOCUMENT` where it is longer than any
   */
  async part(lengthOf: (bytes: Uint8Array) => number | undefined, path: string): Promise<Uint8Array | undefined> {
    for (;;) {
      const bytes = this.atHand;
      const length = lengthOf(bytes);
      if (length !== undefined) {
        const part = bytes.slice(0, length);
        this.advance(length);
        return part;
      }
      if (bytes.length > MAX_PART_BYTES) throw this.tooLong(path);
      if (await this.more()) continue;
      if (bytes.length === 0) return undefined;
      throw this.endsEarly(path);
    }
  }

  endsEarly(path: string): FormatError {
    const { source } = this.#cursor;
    return new FormatError('TRUNCATED', { at: { offset: source.size, path }, what: `${source.name} ends too early` });
  }

  tooLong(path: string): FormatError {
    const expected = `at most ${String(MAX_PART_BYTES)} bytes`;
    return badDocument(path, 'part of the document', { offset: this.position, expected, actual: 'longer' });
  }
}
