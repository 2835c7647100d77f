import {
  KERNEL_SECTIONS,
  type KernelItem,
  type KernelRecord,
  type KernelSection,
  type KernelState,
} from '../../model/kernel-state.js';
import type { SharedMemory } from '../../model/shared-memory.js';
import { furtherFields, saysSomething } from './field-values.js';
import { heldFields, heldItems, loseFields } from './held-records.js';
import { bytesOfItem } from '../../linux-cr/losses.js';
import type { Holding } from './holding.js';
import { layoutToWrite } from '../tables/revision.js';
import { FURTHER_RECORDS, KNOWN_FIELDS, NO_RESTART, firstRecord, isSectionKept } from './sections.js';

const NOTHING = new Uint8Array(0);

/** What has a place for its kernel state in the stream. */
export interface Bearer {
  /** Whether the descriptors that `files` follows stand with this thread. */
  readonly bringsFiles: boolean;
  readonly isZombie: boolean;
  /** Whether the exit fields stand in a section, not in the task. */
  readonly isFurther: boolean;
  readonly holdMemory: (memory: SharedMemory) => SharedMemory;
}

type Sections = Partial<Record<KernelSection, readonly KernelItem[]>>;

/** The kernel state of a thread as the target has it; undefined when nothing is left of it. */
export function heldKernelState(
  holding: Holding,
  { nestedPids, sections }: KernelState,
  bearer: Bearer,
  path: string,
): KernelState | undefined {
  const held: Sections = {};
  for (const section of KERNEL_SECTIONS) {
    const items = sections[section];
    const kept = items && heldSection(holding, section, items, bearer, `${path}.${section}`);
    if (kept && kept.length > 0) held[section] = kept;
  }
  const { revision, lose } = holding;
  const hasNested = revision.hasVpids || revision.pidObjects !== undefined;
  if (!hasNested && nestedPids.length > 0) lose(path, `pids in nested namespaces`, 'has no nested pid namespaces');
  const nested = hasNested ? nestedPids : [];
  return nested.length === 0 && Object.keys(held).length === 0 ? undefined : { nestedPids: nested, sections: held };
}

function heldSection(
  holding: Holding,
  section: KernelSection,
  items: readonly KernelItem[],
  bearer: Bearer,
  path: string,
): readonly KernelItem[] | undefined {
  const objection = objectionTo(holding, section, items, bearer);
  if (objection !== undefined) {
    loseSection(holding, items, path, objection);
    return undefined;
  }
  if (section === 'task' || section === 'thread' || section === 'objs')
    return furtherItems(holding, section, items, bearer.isFurther, path);
  const held = heldItems(holding, items, path, bearer.holdMemory);
  return saysNothing(section, held) ? undefined : held;
}

/** Why a section does not go over; undefined when it does. */
function objectionTo(
  { revision, wordBytes }: Holding,
  section: KernelSection,
  items: readonly KernelItem[],
  { isZombie, bringsFiles }: Bearer,
): string | undefined {
  if (isZombie && section !== 'task') return 'ends a zombie before it';
  if (section === 'files' && !bringsFiles) return 'has it with the files';
  return isSectionKept(revision, wordBytes, section, items) ? undefined : `has no such ${section}`;
}

function loseSection({ lose }: Holding, items: readonly KernelItem[], path: string, why: string): void {
  const records = items.filter((item): item is KernelRecord => item.kind === 'record');
  const names = [...new Set(records.map(({ name }) => name))];
  const bytes = records.reduce((sum, record) => sum + bytesOfItem(record), 0);
  lose(path, names.join(', '), why, bytes);
}

/** Exit fields of a thread that is not the first; of the others they stand in the task. */
const EXIT_FIELDS = ['exit_code', 'exit_signal'] as const;
const THREAD_TASK_FIELDS: ReadonlySet<string> = new Set(
  [...KNOWN_FIELDS.task].filter((name) => !(EXIT_FIELDS as readonly string[]).includes(name)),
);

function furtherItems(
  holding: Holding,
  section: keyof typeof FURTHER_RECORDS,
  items: readonly KernelItem[],
  isFurther: boolean,
  path: string,
): readonly KernelItem[] | undefined {
  const name = FURTHER_RECORDS[section];
  const record = firstRecord(items, name);
  if (!record) return undefined;
  const layout = layoutToWrite(holding.revision, name, holding.wordBytes, {});
  const known = section === 'task' && isFurther ? THREAD_TASK_FIELDS : KNOWN_FIELDS[section];
  const { fields, lost } = heldFields(holding, layout, furtherFields(record.fields, new Set()));
  const dropped = [...known].filter((field) => saysSomething(record.fields[field]));
  if (lost.length + dropped.length > 0) loseFields(holding, path, name, [...lost, ...dropped]);
  const hasOwnExit = section === 'task' && isFurther && EXIT_FIELDS.some((field) => field in record.fields);
  const exit = hasOwnExit ? { exit_signal: fields['exit_signal'] ?? 0 } : {};
  const further = { ...furtherFields(fields, known), ...exit };
  if (Object.keys(further).length === 0) return undefined;
  return [{ kind: 'record', name, fields: further, elements: [], payload: NOTHING }];
}

/** Whether a section holds what every task has that is doing nothing special. */
function saysNothing(section: KernelSection, items: readonly KernelItem[]): boolean {
  if (section !== 'restart_block' && section !== 'pending') return false;
  return items.every(
    (item) =>
      item.kind === 'record' &&
      item.elements.length === 0 &&
      Object.entries(item.fields).every(([name, value]) => !saysSomething(value) || value === NO_RESTART[name]),
  );
}
