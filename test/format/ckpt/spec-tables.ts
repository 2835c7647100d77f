import { readFileSync } from 'node:fs';
import { REVISIONS, type CkptRevision } from '../../../src/format/ckpt/tables/revision.js';

/** The words of each line of a table beside this file; comments left out. */
export function tableLines(name: string): string[][] {
  return readFileSync(new URL(name, import.meta.url), 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => line.split(' '));
}

/** The column of a table of numbers, without the names that have none. */
export function numberColumn(name: string, column: string): Record<string, number> {
  const [head = [], ...lines] = tableLines(name);
  const index = head.indexOf(column);
  const entries = lines.map(([row = '', ...cells]): [string, string] => [row, cells[index - 1] ?? '-']);
  return Object.fromEntries(
    entries.filter(([, cell]) => cell !== '-').map(([row, cell]): [string, number] => [row, Number(cell)]),
  );
}

export interface SpecStruct {
  readonly revisions: readonly CkptRevision[];
  /** A record, `element:` and what the elements are, or `FILE:` and an f_type. */
  readonly record: string;
  /** Bytes, the record header included where it has one. */
  readonly size: number;
  /** Each as `name@offset:type`; without a type where the specification gives none. */
  readonly members: readonly string[];
}

function revisionRange(range: string): readonly CkptRevision[] {
  const [first = '', last = first] = range.split('..');
  const at = (name: string): number => {
    const index = REVISIONS.findIndex((revision) => revision.name === name);
    if (index < 0) throw new RangeError(`no revision ${name}`);
    return index;
  };
  return REVISIONS.slice(at(first), at(last) + 1);
}

/** The structs of the specification, with the revisions that have them. */
export const SPEC_STRUCTS: readonly SpecStruct[] = tableLines('struct-offsets.txt').map(
  ([range = '', record = '', size = '', ...members]) => ({
    revisions: revisionRange(range),
    record,
    size: Number(size),
    members,
  }),
);
