import { MAX_DEPTH, badDocument } from './bad-document.js';
import type { DocumentBytes } from './document-bytes.js';

const [QUOTE, BACKSLASH, COMMA] = [0x22, 0x5c, 0x2c];
const [OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT] = [0x5b, 0x5d, 0x7b, 0x7d];
const WHITE_SPACE: readonly number[] = [0x20, 0x09, 0x0a, 0x0d];

const decoder = new TextDecoder('utf-8', { fatal: true });

/** Finds where an object ends, or the first list inside it begins, without parsing it. */
class ObjectScan {
  #at = 0;
  #depth = 0;
  #isInString = false;
  readonly #until: 'end' | 'list';
  readonly #path: string;

  constructor(until: 'end' | 'list', path: string) {
    this.#until = until;
    this.#path = path;
  }

  /** Length up to there; undefined where more bytes are needed, which are then given with those from before. */
  lengthOf(bytes: Uint8Array): number | undefined {
    while (this.#at < bytes.length) {
      if (this.#isInString) {
        const quote = bytes.indexOf(QUOTE, this.#at);
        this.#at = quote < 0 ? bytes.length : quote + 1;
        this.#isInString = quote < 0 || isEscaped(bytes, quote);
      } else if (this.#step(bytes[this.#at++] ?? 0)) return this.#at;
    }
    return undefined;
  }

  #step(byte: number): boolean {
    if (byte === QUOTE) this.#isInString = true;
    else if (byte === OPEN_OBJECT || byte === OPEN_LIST) {
      if (this.#until === 'list' && byte === OPEN_LIST && this.#depth === 1) return true;
      if (++this.#depth > MAX_DEPTH) throw badDocument(this.#path, `values stand more than ${String(MAX_DEPTH)} deep`);
    } else if (byte === CLOSE_OBJECT || byte === CLOSE_LIST) return --this.#depth <= 0;
    return false;
  }
}

function isEscaped(bytes: Uint8Array, quote: number): boolean {
  let before = quote;
  while (bytes[before - 1] === BACKSLASH) before--;
  return (quote - before) % 2 === 1;
}

/** The next byte that is no white space, undefined at the end. It is not moved over. */
async function nextToken(from: DocumentBytes): Promise<number | undefined> {
  for (;;) {
    const bytes = from.atHand;
    const at = bytes.findIndex((byte) => !WHITE_SPACE.includes(byte));
    from.advance(at < 0 ? bytes.length : at);
    if (at >= 0) return bytes[at];
    if (!(await from.more())) return undefined;
  }
}

async function expect(from: DocumentBytes, tokens: readonly (number | undefined)[], path: string): Promise<number> {
  const token = await nextToken(from);
  if (token === undefined) throw from.endsEarly(path);
  if (!tokens.includes(token)) {
    const expected = tokens.map((known) => String.fromCharCode(known ?? 0)).join(' or ');
    const actual = String.fromCharCode(token);
    throw badDocument(path, 'what stands here', { offset: from.position, expected, actual });
  }
  return token;
}

function parse(bytes: Uint8Array, end: string, offset: number, path: string): unknown {
  try {
    return JSON.parse(decoder.decode(bytes) + end);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw badDocument(path, `what stands here is no JSON: ${why}`, { offset, cause });
  }
}

/**
 * The head, then every record, of JSON in which `records` is the last member; how it is spaced does not matter.
 *
 * @throws {FormatError} `BAD_DOCUMENT`, `TRUNCATED`
 */
export async function* readJson(from: DocumentBytes): AsyncGenerator {
  await expect(from, [OPEN_OBJECT], '');
  const scan = new ObjectScan('list', '');
  const head = (await from.part((bytes) => scan.lengthOf(bytes), '')) ?? new Uint8Array(0);
  if (head.at(-1) !== OPEN_LIST) throw badDocument('records', 'records', { offset: from.position, actual: undefined });
  yield parse(head, ']}', 0, '');
  let token = await expectRecord(from, 0, [OPEN_OBJECT, CLOSE_LIST]);
  for (let i = 0; token === OPEN_OBJECT; i++) {
    const path = `records[${String(i)}]`;
    const offset = from.position;
    const record = new ObjectScan('end', path);
    yield parse((await from.part((bytes) => record.lengthOf(bytes), path)) ?? new Uint8Array(0), '', offset, path);
    token = await expectRecord(from, i + 1, [COMMA, CLOSE_LIST]);
    if (token === CLOSE_LIST) break;
    from.advance(1);
    token = await expectRecord(from, i + 1, [OPEN_OBJECT]);
  }
  from.advance(1);
  await expect(from, [CLOSE_OBJECT], 'records');
  from.advance(1);
  if ((await nextToken(from)) !== undefined)
    throw badDocument('', 'something stands behind the document', { offset: from.position });
}

function expectRecord(from: DocumentBytes, index: number, tokens: readonly (number | undefined)[]): Promise<number> {
  return expect(from, tokens, `records[${String(index)}]`);
}
