import { EXTENSIONS } from '../../src/format/linux-cr/extension.js';
import { UNCAPTURED_REASONS, UNCAPTURED_REASON_NAMES, UNCAPTURED_TEXTS } from '../../src/format/model/uncaptured.js';
import { F_TYPES } from '../../src/format/ckpt/tables/files.js';
import { SEGMENTS } from '../../src/format/ckpt/tables/cpu.js';
import { UFLAGS } from '../../src/format/linux-cr/uflags.js';
import { VMA_TYPES, VMA_TYPES_HUGETLB } from '../../src/format/ckpt/tables/mm.js';
import { NS_FLAGS } from '../../src/format/ckpt/tables/namespaces.js';
import { REVISIONS } from '../../src/format/ckpt/tables/revision.js';
import { TASK_FLAGS, RESTART_FUNCTIONS } from '../../src/format/ckpt/tables/task.js';
import { THREAD_FLAGS } from '../../src/format/ckpt/tables/thread.js';
import { PID_REFERENCES } from '../../src/format/ckpt/tables/tree.js';
import { FD_TYPES } from '../../src/format/cr/tables/files.js';
import { VMA_TYPES as CR_VMA_TYPES } from '../../src/format/cr/tables/vma.js';
import { flagNames, hexNumber, type NameTable } from '../../src/format/layout/unit.js';
import { TASK_STATES } from '../../src/format/linux-cr/task.js';
import { HEAD_MAGIC, TAIL_MAGIC } from '../../src/format/linux-cr/magic.js';
import { VM_FLAGS } from '../../src/format/model/vm-flags.js';
import { FAMILIES, familyOf, spanOf } from './families.js';
import { ranges, table, type Span } from './markdown.js';

interface Numbered extends Span {
  readonly numbers: Readonly<Partial<Record<string, number>>>;
}

const NONE = '–';

/** Rows by name, a column for each run of revisions with the same numbers. */
function numberTable(title: string, revisions: readonly Numbered[]): string {
  const names = [...new Set(revisions.flatMap(({ numbers }) => Object.keys(numbers)))];
  const cellsOf = ({ numbers }: Numbered): string[] => names.map((name) => String(numbers[name] ?? NONE));
  const columns = new Map<string, string[]>();
  for (const revision of revisions) {
    const key = cellsOf(revision).join(' ');
    columns.set(key, [...(columns.get(key) ?? []), revision.name]);
  }
  const heading = [...columns.values()].map((having) => ranges(revisions, having));
  const cells = [...columns.keys()].map((key) => key.split(' '));
  const newest = (row: number): number => Number(cells.findLast((column) => column[row] !== NONE)?.[row]);
  const order = names.map((_, row) => row).sort((a, b) => newest(a) - newest(b));
  const rows = order.map((row) => [names[row] ?? '', ...cells.map((column) => column[row] ?? NONE)]);
  return table([title, ...heading], rows, heading.length);
}

/** Record numbers of all revisions of a family. */
export function recordNumbers(family: string): string {
  const { revisions } = familyOf(family);
  return numberTable(
    'record',
    revisions.map((revision) => ({ ...revision, numbers: revision.types })),
  );
}

/** Object numbers of the ckpt family. */
export function objectNumbers(): string {
  return numberTable(
    'object',
    REVISIONS.map((revision) => ({ ...spanOf(revision), numbers: revision.objects })),
  );
}

/** `arch_id` of the ckpt family. */
export function archNumbers(): string {
  return numberTable(
    'architecture',
    REVISIONS.map((revision) => ({ ...spanOf(revision), numbers: revision.archIds })),
  );
}

/** Values of an enumeration, in decimal, or in hex where they are bits. */
const ENUMS: Readonly<Record<string, { readonly names: NameTable; readonly isHex: boolean }>> = {
  cr_vma_type: { names: CR_VMA_TYPES, isHex: false },
  ckpt_vma_type: { names: VMA_TYPES, isHex: false },
  ckpt_vma_type_hugetlb: { names: VMA_TYPES_HUGETLB, isHex: false },
  fd_type: { names: FD_TYPES, isHex: false },
  f_type: { names: F_TYPES, isHex: false },
  segments: { names: SEGMENTS, isHex: true },
  restart: { names: RESTART_FUNCTIONS, isHex: false },
  states: { names: TASK_STATES, isHex: false },
  uflags: { names: UFLAGS, isHex: true },
  ns_flags: { names: NS_FLAGS, isHex: true },
  task_flags: { names: TASK_FLAGS, isHex: true },
  thread_flags: { names: THREAD_FLAGS, isHex: true },
  pid_references: { names: PID_REFERENCES, isHex: false },
  vm_flags: { names: VM_FLAGS, isHex: true },
  own_records: { names: EXTENSIONS, isHex: true },
};

/** The values of one enumeration. */
export function enumTable(name: string): string {
  const found = ENUMS[name];
  if (!found) throw new RangeError(`the page asks for the enumeration ${name}`);
  const rows = Object.entries(found.names).map(([key, value]) => [
    key,
    found.isHex ? hexNumber(value) : String(value),
  ]);
  return table(['name', 'value'], rows, 1);
}

function bytesOf(value: bigint): string {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(value);
  return bytes.toString('hex').replace(/..(?!$)/g, '$& ');
}

/** Both magics, as numbers and as they lie in a little-endian file. */
export function magics(): string {
  const row = (name: string, value: bigint): string[] => [name, hexNumber(value), `\`${bytesOf(value)}\``];
  return table(['', 'value', 'bytes'], [row('head', HEAD_MAGIC), row('tail', TAIL_MAGIC)]);
}

/** What `--to` takes, and what is written then. */
export function writableNames(): string {
  const rows = Object.entries(FAMILIES).flatMap(([name, { revisions, writable }]) =>
    revisions.map((revision): string[] => {
      const names = Object.keys(writable).filter((to) => writable[to]?.covers === revision.covers);
      const written = names.length > 0 ? names.map((to) => `\`${to}\``).join(', ') : 'not written';
      return [name, revision.name, revision.covers, revision.group, [...revision.headRevs].sort().join(', '), written];
    }),
  );
  return table(['family', 'the tool says', 'revisions', 'group', '`rev`', '`--to`'], rows);
}

/** What of each revision is a guess. */
export function guesses(): string {
  const all = Object.values(FAMILIES).flatMap(({ revisions }) => revisions);
  const rows = all.flatMap(({ name, guessed }): string[][] => (guessed === undefined ? [] : [[name, guessed]]));
  return table(['image of', 'what the note says is a guess'], rows);
}

/** Which mappings the kernels of each revision of a family refuse. */
export function refusedFlags(family: string): string {
  const { writable } = familyOf(family);
  const spans = Object.keys(writable).map((name): Span => ({ name, first: name, last: name }));
  const masks = [...new Set(Object.values(writable).map(({ refusedVmFlags }) => refusedVmFlags))];
  const rows = masks.map((mask): string[] => {
    const having = Object.keys(writable).filter((name) => writable[name]?.refusedVmFlags === mask);
    return [ranges(spans, having), hexNumber(mask), flagNames(VM_FLAGS, mask).join(', ')];
  });
  return table(['revisions', 'mask', 'flags'], rows);
}

/** Why memory is not in an image. */
export function uncapturedReasons(): string {
  const rows = UNCAPTURED_REASON_NAMES.map((name) => [name, UNCAPTURED_TEXTS[name], String(UNCAPTURED_REASONS[name])]);
  return table(['name', 'in words', 'value'], rows, 1);
}
