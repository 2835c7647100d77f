import { CR_HDR } from '../tables/record.js';
import { layoutOf, type CrRevision } from '../tables/revision.js';
import type { Header, RecordReader } from './record-reader.js';
import { STRUCTS, type RecordName, type StructName } from '../tables/structs.js';
import { narrow, type WalkContext } from './walk-context.js';

function isStruct(name: RecordName): name is StructName {
  return Object.hasOwn(STRUCTS, name);
}

function fits(revision: CrRevision, name: RecordName, { type, len }: Header): boolean {
  if (revision.types[name] !== type) return false;
  if (!isStruct(name) || layoutOf(revision, name, len) !== undefined) return true;
  // a length that is known, though not of this revision, says that it is another one
  return revision.opaque.includes(name) && len !== STRUCTS[name].size;
}

/**
 * Keeps the revisions for which the record that comes next may be the one that their grammar wants here, by number and
 * length. Where it is none of them, all are kept: reading it says what is wrong.
 *
 * Source: spec/cr-stream.md 9.1.
 */
export function* narrowByNext(
  reader: RecordReader,
  context: WalkContext,
  nameIn: (revision: CrRevision) => RecordName,
): Generator<Promise<void>, void> {
  const { candidates } = context;
  if (candidates.length <= 1) return;
  const header = yield* reader.peek();
  if (!header) return;
  const fitting = candidates.filter((revision) => fits(revision, nameIn(revision), header));
  const [first] = fitting;
  if (!first || fitting.length === candidates.length) return;
  const what = `${nameIn(first)} is number ${String(header.type)} with ${String(header.len)} bytes`;
  narrow(reader, context, (revision) => fitting.includes(revision), what);
}

/**
 * Keeps the revisions in which every record has the pid as parent, when HEAD and what follows it both have the same one
 * that is not 0. Source: spec/cr-stream.md 4.1.
 */
export function* narrowByParents(reader: RecordReader, context: WalkContext): Generator<Promise<void>, void> {
  const isOwned = (revision: CrRevision): boolean => revision.parents === 'owner';
  const { candidates } = context;
  if (candidates.every(isOwned) || !candidates.some(isOwned)) return;
  const head = yield* reader.peek();
  if (!head || head.len < 0) return;
  const next = yield* reader.peek(CR_HDR.size + head.len);
  const isPid = head.parent !== 0 && next?.parent === head.parent;
  const why = isPid ? 'HEAD and what follows it have the same parent' : 'HEAD has no parent';
  narrow(reader, context, (revision) => isOwned(revision) !== isPid, why);
}

/** Says what was chosen where more than one revision fits to the end. */
export function settleOn(revision: CrRevision, { candidates, decidedBy, notes }: WalkContext): void {
  if (candidates.length > 1)
    decidedBy.push(`nothing tells ${candidates.map(({ name }) => name).join(' from ')}: newest`);
  if (revision.guessed === undefined) return;
  const message = `the layout of ${revision.covers} is a guess: ${revision.guessed}`;
  decidedBy.push(message);
  notes.add({ code: 'GUESSED', message, at: { offset: 0, path: 'head' } });
}
