import { KERNEL_SECTIONS } from '../format/model/kernel-state.js';
import { byteChanges } from './byte-change.js';
import { kernelValue } from './describe-kernel.js';
import { pairByKeys } from './pairing.js';
import type { JsonValue } from '../format/layout/unit.js';
import type { OpenFileState } from '../format/model/image.js';
import type {
  KernelFields,
  KernelItem,
  KernelRecord,
  KernelSection,
  KernelState,
} from '../format/model/kernel-state.js';
import type { FieldChange } from './field-change.js';

/** Numbers of other objects: each image counts them for itself. */
const REFERENCE = /ref$|^peercred$/;

const NO_BYTES = new Uint8Array(0);

/** Sections whose records hold only what is not 0. */
const SPARSE: readonly KernelSection[] = ['task', 'thread', 'objs'];

/** Fields by name but for references; what one side does not have is 0 there, or unknown and no difference. */
function valueChanges(path: string, before: KernelFields, after: KernelFields, absent: 0 | undefined): FieldChange[] {
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...names].flatMap((name): FieldChange[] => {
    if (REFERENCE.test(name)) return [];
    const [a, b] = [before[name] ?? absent, after[name] ?? absent];
    if (a === undefined || b === undefined) return [];
    const [from, to]: JsonValue[] = [kernelValue(a), kernelValue(b)];
    return from === to ? [] : [{ name: `${path}.${name}`, before: from ?? null, after: to ?? null }];
  });
}

function recordChanges(path: string, a: KernelRecord, b: KernelRecord, absent: 0 | undefined): FieldChange[] {
  const changes = [
    ...valueChanges(path, a.fields, b.fields, absent),
    ...byteChanges(`${path}.payload`, a.payload, b.payload),
  ];
  for (let i = 0; i < Math.max(a.elements.length, b.elements.length); i++) {
    const [from, to] = [a.elements[i], b.elements[i]];
    const element = `${path}[${String(i)}]`;
    if (from && to) changes.push(...valueChanges(element, from, to, undefined));
    else changes.push(presenceChange(element, from !== undefined));
  }
  return changes;
}

function presenceChange(name: string, wasThere: boolean): FieldChange {
  return wasThere ? { name, before: 'present', after: null } : { name, before: null, after: 'present' };
}

/** What an item is called in a list, and what pairs it with one of the other image. */
function nameOf(item: KernelItem): string {
  switch (item.kind) {
    case 'record':
      return item.name;
    case 'object':
      return `object ${item.object}`;
    case 'memory':
      return 'memory';
  }
}

interface Named {
  readonly name: string;
  readonly item: KernelItem;
}

/** Items with names of their own: the second `CRED` is `CRED#2`. */
function withNames(items: readonly KernelItem[]): Named[] {
  const counts = new Map<string, number>();
  return items.map((item) => {
    const name = nameOf(item);
    const count = (counts.get(name) ?? 0) + 1;
    counts.set(name, count);
    return { name: count === 1 ? name : `${name}#${String(count)}`, item };
  });
}

function itemChanges(path: string, a: KernelItem, b: KernelItem, absent: 0 | undefined): FieldChange[] {
  if (a.kind === 'record' && b.kind === 'record') return recordChanges(path, a, b, absent);
  if (a.kind !== 'memory' || b.kind !== 'memory' || a.memory.sizeBytes === b.memory.sizeBytes) return [];
  const [before, after] = [kernelValue(a.memory.sizeBytes), kernelValue(b.memory.sizeBytes)];
  return [{ name: `${path}.sizeBytes`, before, after }];
}

/** Two lists of kernel structures: records that only one has, and fields that differ. Object numbers are not compared. */
export function kernelItemChanges(
  path: string,
  before: readonly KernelItem[],
  after: readonly KernelItem[],
  absent?: 0,
): FieldChange[] {
  const paired = pairByKeys(withNames(before), withNames(after), [({ name }) => name]);
  return paired.flatMap((sides) => {
    if (sides.presence === 'both') {
      return itemChanges(`${path}.${sides.before.name}`, sides.before.item, sides.after.item, absent);
    }
    const { name, item } = sides.presence === 'removed' ? sides.before : sides.after;
    const wasThere = sides.presence === 'removed';
    // a record that would say only zeros is not there
    if (absent === 0 && item.kind === 'record') {
      const nothing: KernelRecord = { ...item, fields: {}, elements: [], payload: NO_BYTES };
      const [from, to] = wasThere ? [item, nothing] : [nothing, item];
      return recordChanges(`${path}.${name}`, from, to, absent);
    }
    return [presenceChange(`${path}.${name}`, wasThere)];
  });
}

/** Kernel state of two threads, where both images hold some. */
export function kernelStateChanges(before: KernelState | undefined, after: KernelState | undefined): FieldChange[] {
  if (!before || !after) return [];
  const [a, b] = [before.nestedPids.join(' '), after.nestedPids.join(' ')];
  const pids = a === b ? [] : [{ name: 'kernel.nestedPids', before: a, after: b }];
  const sections = KERNEL_SECTIONS.flatMap((section) => {
    const [from = [], to = []] = [before.sections[section], after.sections[section]];
    return kernelItemChanges(`kernel.${section}`, from, to, SPARSE.includes(section) ? 0 : undefined);
  });
  return [...pids, ...sections];
}

/** Kernel state of two open files, where both images hold some. */
export function fileStateChanges(before: OpenFileState | undefined, after: OpenFileState | undefined): FieldChange[] {
  if (!before || !after) return [];
  return [
    ...kernelItemChanges('kernel', before.before, after.before),
    ...valueChanges('kernel', before.fields, after.fields, 0),
    ...kernelItemChanges('kernel', before.after, after.after),
  ];
}
