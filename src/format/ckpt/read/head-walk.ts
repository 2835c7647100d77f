import { FormatError } from '../../errors.js';
import { hexNumber } from '../../layout/unit.js';
import { HEAD_BYTES, headFacts } from './framing.js';
import { bigintIn, numberIn } from './fields.js';
import { HEAD_MAGIC } from '../../linux-cr/magic.js';
import { KNOWN_UFLAGS } from '../../linux-cr/uflags.js';
import type { RecordItem, Role } from './item.js';
import { LSM_INFO_MAX_BYTES, CKPT_HDR } from '../tables/record.js';
import { narrowByHead, narrowByNext } from './recognise.js';
import type { RecordReader, Step } from './record-reader.js';
import type { CkptRevision } from '../tables/revision.js';
import { constantsOf, type WalkContext } from './walk-context.js';

/** The architectures that are read, and what a native long has there. Source: spec/cr-stream.md 7.6. */
const WORD_BYTES: Readonly<Record<string, 4 | 8>> = { X86_32: 4, X86_64: 8 };

/** A stream that is not read beyond its framing. */
export class OnlyListed extends FormatError {}

/** HEADER, and what it says of the revision. @throws {FormatError} `BAD_MAGIC`, `BAD_FIELD` */
export function* walkHeader(reader: RecordReader, context: WalkContext): Generator<Step, RecordItem> {
  yield* refuseBigEndian(reader);
  yield* narrowByNext(reader, context, () => 'HEADER');
  const { offset } = reader.at('head');
  const peeked = yield* reader.peek();
  if (peeked && peeked.type === reader.revision.types.HEADER) checkHeaderLength(context, peeked.len, offset);
  // decoded twice: what it says decides how its constants are to be read
  narrowByHead(reader, context, yield* reader.peekRecord('HEADER', 'head'));
  const header = yield* reader.record('HEADER', 'head');
  context.parts.header = header;
  checkHeader(reader, header, context);
  context.constants = constantsOf(header, 0);
  decideArchitecture(reader, header, context);
  yield* narrowByNext(reader, context, () => 'BUFFER');
  return header;
}

/** @throws {FormatError} `UNSUPPORTED` for a stream of a machine with the other byte order */
function* refuseBigEndian(reader: RecordReader): Generator<Promise<void>, void> {
  yield* reader.has(HEAD_BYTES);
  const facts = headFacts(reader.cursor.view(Math.min(HEAD_BYTES, reader.cursor.buffered)));
  if (facts?.isLittle !== false) return;
  const named = architectureOf(facts.revision, facts.archId) ?? `arch_id ${String(facts.archId)}`;
  const what = `an image of a big-endian machine (${named}), which is not read beyond its records,`;
  throw new OnlyListed('UNSUPPORTED', { at: { offset: 0, path: 'head' }, what });
}

/** Which of the unknown ones it is. Source: spec/cr-stream.md 1, 9.1. */
function checkHeaderLength({ candidates }: WalkContext, len: number, offset: number): void {
  const sizes = candidates.flatMap(({ shapes }) => shapes.HEADER?.layouts ?? []).map(({ size }) => size);
  if (sizes.includes(len - CKPT_HDR.size)) return;
  const which = len === SUBSET_HEADER_BYTES ? 'the subset of December 2010' : 'v14, v15 or unknown';
  const what = `a HEADER record of ${String(len)} bytes, as of ${which}, which is not read,`;
  throw new OnlyListed('UNSUPPORTED', { at: { offset: offset + 4, path: 'head' }, what });
}

const SUBSET_HEADER_BYTES = 64;

function checkHeader(reader: RecordReader, header: RecordItem, { candidates }: WalkContext): void {
  const magic = bigintIn(header.fields, 'magic');
  if (magic !== HEAD_MAGIC)
    reader.fault(reader.badField(header, 'magic', hexNumber(HEAD_MAGIC), hexNumber(magic), 'BAD_MAGIC'));
  const rev = numberIn(header.fields, 'rev');
  const known = [...new Set(candidates.flatMap(({ headRevs }) => headRevs))].sort((a, b) => a - b);
  if (!known.includes(rev)) reader.fault(reader.badField(header, 'rev', known.join(' or '), rev));
  const flags = bigintIn(header.fields, 'uflags');
  if ((flags & ~KNOWN_UFLAGS) !== 0n)
    reader.fault(reader.badField(header, 'uflags', hexNumber(KNOWN_UFLAGS), hexNumber(flags)));
}

function decideArchitecture(reader: RecordReader, header: RecordItem, context: WalkContext): void {
  const id = numberIn(header.fields, 'arch_id');
  const name = architectureOf(reader.revision, id);
  const wordBytes = name === undefined ? undefined : WORD_BYTES[name];
  const at = reader.atField(header, 'arch_id');
  if (wordBytes === undefined) {
    const which = name ?? `unknown (arch_id ${String(id)})`;
    const what = `an image of the architecture ${which}, which is not read beyond its records,`;
    throw new OnlyListed('UNSUPPORTED', { at, what });
  }
  context.wordBytes = wordBytes;
  context.parts.wordBytes = wordBytes;
  context.parts.decidedBy.push(`arch_id ${String(id)}: ${name ?? ''}`);
}

function architectureOf({ archIds }: CkptRevision, id: number): string | undefined {
  return Object.keys(archIds).find((name) => archIds[name] === id);
}

const UNAME: readonly (Role & ('release' | 'version' | 'machine'))[] = ['release', 'version', 'machine'];

/** The three BUFFERs behind HEADER. */
export function* walkUname(reader: RecordReader, context: WalkContext): Generator<Step, void> {
  const { header, uname } = context.parts;
  for (const role of UNAME) {
    const payloadBytes = numberIn(header?.fields ?? {}, `uts_${role}_len`);
    uname[role] = (yield* reader.record('BUFFER', `head.${role}`, { role, payloadBytes })).bytes;
  }
}

/** HEADER_ARCH, which says how long the FPU state of each task is. */
export function* walkArch(reader: RecordReader, context: WalkContext): Generator<Step, void> {
  const { fields } = yield* reader.record('HEADER_ARCH', 'head_arch');
  context.parts.arch = fields;
  context.constants = { ...context.constants, xstateBytes: numberIn(fields, 'xstate_size') };
}

/** `[ CONTAINER , [ BUFFER(lsm_name) , LSM_INFO ] ]`. Source: spec/cr-stream.md 8.3. */
export function* walkContainer(reader: RecordReader, context: WalkContext): Generator<Step, void> {
  if ((yield* reader.peekName()) !== 'CONTAINER') return;
  yield* reader.record('CONTAINER', 'container');
  if (!reader.revision.hasLsm) return;
  const { container } = context.parts;
  container.push(yield* reader.record('BUFFER', 'container.lsm_name', { role: 'lsm_name' }));
  const atMostBytes = LSM_INFO_MAX_BYTES - CKPT_HDR.size;
  container.push(yield* reader.record('LSM_INFO', 'container.lsm_info', { atMostBytes }));
}
