import { decode } from '@msgpack/msgpack';
import { MAX_DEPTH, badDocument } from './bad-document.js';
import type { DocumentBytes } from './document-bytes.js';

/** What a value with this first byte is: how long, or where the number is that says how much follows. */
interface Form {
  /** Bytes behind the first, without what is counted. */
  readonly plainBytes: number;
  /** Bytes of the count, which is the first thing behind; 0 where it is in the first byte or there is none. */
  readonly countBytes: 0 | 1 | 2 | 4;
  /** Bits of the first byte that are the count. */
  readonly countMask: number;
  /** What is counted: bytes, or so many values each. */
  readonly counts: 'bytes' | 1 | 2;
}

type FormRow = readonly [firsts: readonly [number, number], Form];

const plain = (plainBytes: number): Form => ({ plainBytes, countBytes: 0, countMask: 0, counts: 'bytes' });
const masked = (countMask: number, counts: Form['counts']): Form => ({ ...plain(0), countMask, counts });
const counted = (countBytes: 1 | 2 | 4, counts: Form['counts']): Form => ({ ...plain(0), countBytes, counts });
const only = (byte: number, form: Form): FormRow => [[byte, byte], form];

/** Extension types are left out: no document has them. Source: the MessagePack specification. */
const FORMS: readonly FormRow[] = [
  [[0x00, 0x7f], plain(0)],
  [[0x80, 0x8f], masked(0x0f, 2)],
  [[0x90, 0x9f], masked(0x0f, 1)],
  [[0xa0, 0xbf], masked(0x1f, 'bytes')],
  only(0xc0, plain(0)),
  [[0xc2, 0xc3], plain(0)],
  ...([1, 2, 4] as const).map((bytes, i) => only(0xc4 + i, counted(bytes, 'bytes'))),
  ...[4, 8].map((bytes, i) => only(0xca + i, plain(bytes))),
  ...[1, 2, 4, 8, 1, 2, 4, 8].map((bytes, i) => only(0xcc + i, plain(bytes))),
  ...([1, 2, 4] as const).map((bytes, i) => only(0xd9 + i, counted(bytes, 'bytes'))),
  ...([2, 4] as const).map((bytes, i) => only(0xdc + i, counted(bytes, 1))),
  ...([2, 4] as const).map((bytes, i) => only(0xde + i, counted(bytes, 2))),
  [[0xe0, 0xff], plain(0)],
];

const FORM_OF: readonly (Form | undefined)[] = Array.from(
  { length: 256 },
  (_, byte) => FORMS.find(([[low, high]]) => byte >= low && byte <= high)?.[1],
);

interface Step {
  readonly end: number;
  readonly values: number;
}

/** Where the value at `at` ends without the values inside it, and how many these are. Undefined behind the bytes. */
function stepOver(bytes: Uint8Array, at: number, path: string): Step | undefined {
  const first = bytes[at];
  if (first === undefined) return undefined;
  const form = FORM_OF[first];
  if (!form) throw badDocument(path, `no document has a msgpack value that begins with 0x${first.toString(16)}`);
  const { plainBytes, countBytes, countMask, counts } = form;
  if (at + 1 + countBytes > bytes.length) return undefined;
  let count = first & countMask;
  for (let i = 1; i <= countBytes; i++) count = count * 256 + (bytes[at + i] ?? 0);
  const end = at + 1 + countBytes + plainBytes;
  return counts === 'bytes' ? { end: end + count, values: 0 } : { end, values: count * counts };
}

/**
 * The length of the value that the bytes begin with, with all that is in it. Looked at before decoding: the decoder
 * believes counts, however little follows, and nests without end.
 */
function lengthOfValue(bytes: Uint8Array, path: string): number | undefined {
  const open: number[] = [];
  let at = 0;
  do {
    const step = stepOver(bytes, at, path);
    if (!step || step.end > bytes.length) return undefined;
    at = step.end;
    if (step.values > 0) open.push(step.values);
    else closeOne(open);
    if (open.length > MAX_DEPTH) throw badDocument(path, `values stand more than ${String(MAX_DEPTH)} deep`);
  } while (open.length > 0);
  return at;
}

/** One value is complete, and with it perhaps those that it is the last in. */
function closeOne(open: number[]): void {
  for (let last = open.pop(); last !== undefined; last = open.pop()) {
    if (last === 1) continue;
    open.push(last - 1);
    return;
  }
}

function isEnd(value: unknown): value is { readonly records: unknown } {
  return typeof value === 'object' && value !== null && 'records' in value;
}

/**
 * The head, then every record, of a sequence of msgpack maps of which the last is `{records: how many}`.
 *
 * @throws {FormatError} `BAD_DOCUMENT`, `TRUNCATED`
 */
export async function* readMsgpack(from: DocumentBytes): AsyncGenerator {
  for (let records = -1; ; records++) {
    const path = records < 0 ? '' : `records[${String(records)}]`;
    const offset = from.position;
    const part = await from.part((bytes) => lengthOfValue(bytes, path), path);
    if (!part) throw from.endsEarly(path);
    const value = decodePart(part, offset, path);
    if (!isEnd(value)) {
      yield value;
      continue;
    }
    if (value.records !== records)
      throw badDocument('records', 'count of the records', { offset, expected: records, actual: value.records });
    if (await from.part((bytes) => lengthOfValue(bytes, ''), ''))
      throw badDocument('', 'something stands behind the document', { offset });
    return;
  }
}

function decodePart(part: Uint8Array, offset: number, path: string): unknown {
  try {
    return decode(part);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw badDocument(path, `what stands here is no msgpack: ${why}`, { offset, cause });
  }
}
