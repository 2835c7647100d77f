import { KERNEL_SECTIONS } from '../../format/model/kernel-state.js';
import { memoryForm } from './shared-form.js';
import { isReference } from './references.js';
import type { Plain } from './bencode.js';
import type { Walk } from './walk.js';
import type { KernelFields, KernelItem, KernelSection, KernelState } from '../../format/model/kernel-state.js';

type Members = Readonly<Record<string, Plain | undefined>>;

/** Sections whose one record holds only what is not 0. */
const SPARSE: ReadonlySet<KernelSection> = new Set(['task', 'thread', 'objs']);

/** What every task has that is doing nothing special. */
const IDLE: ReadonlySet<KernelSection> = new Set(['restart_block', 'pending']);

/** `function_type` where no system call is to be continued. Source: spec/cr-stream.md 8.11. */
const NO_RESTART = 1n;

/** exit_signal of a thread that is not the first. */
const NO_EXIT_SIGNAL = 0xffff_ffffn;

/** An array without the zeros at its end: revisions differ in how long it is. */
function withoutZeroEnd(bytes: Uint8Array): Uint8Array {
  let length = bytes.length;
  while (length > 0 && bytes[length - 1] === 0) length--;
  return bytes.subarray(0, length);
}

/** Members of a record by name; those that refer to objects as labels. */
export function fieldsForm({ labels }: Walk, record: string, fields: KernelFields): Members {
  const form: Record<string, Plain> = {};
  // by name, since labels are counted in order
  for (const name of Object.keys(fields).sort()) {
    const value = fields[name] ?? 0;
    if (value instanceof Uint8Array) form[name] = withoutZeroEnd(value);
    else form[name] = typeof value === 'number' && isReference(record, name) ? labels.number(value) : value;
  }
  return form;
}

function itemForm(walk: Walk, item: KernelItem): Plain {
  switch (item.kind) {
    case 'object':
      return { object: item.object, id: walk.labels.number(item.id) };
    case 'memory':
      return { memory: memoryForm(walk, item.memory) };
    case 'record': {
      const { name, fields, elements, payload } = item;
      const own = fieldsForm(walk, name, fields);
      return { record: name, fields: own, elements: elements.map((one) => fieldsForm(walk, name, one)), payload };
    }
  }
}

/** Kernel records in their order. */
export function itemsForm(walk: Walk, items: readonly KernelItem[]): Plain[] {
  return items.map((item) => itemForm(walk, item));
}

function isZero(value: number | bigint | Uint8Array): boolean {
  return value instanceof Uint8Array ? value.every((byte) => byte === 0) : BigInt(value) === 0n;
}

/** Whether a record says nothing but zeros. */
function isEmptyRecord(item: KernelItem): boolean {
  if (item.kind !== 'record' || item.elements.length > 0 || item.payload.length > 0) return false;
  return Object.values(item.fields).every(isZero);
}

function isIdle(item: KernelItem): boolean {
  if (item.kind !== 'record' || item.fields['function_type'] !== NO_RESTART) return isEmptyRecord(item);
  const { function_type: _, ...fields } = item.fields;
  return isEmptyRecord({ ...item, fields });
}

/** Exit fields of a thread that is not the first; what such a thread usually has is not told. */
function exitForm(items: readonly KernelItem[]): Plain | undefined {
  const record = items.find((item) => item.kind === 'record' && item.name === 'TASK');
  if (record?.kind !== 'record') return undefined;
  const { exit_code, exit_signal } = record.fields;
  if (exit_code === undefined && exit_signal === undefined) return undefined;
  const signal = BigInt.asUintN(32, typeof exit_signal === 'number' ? BigInt(exit_signal) : 0n);
  // a list, so that 0 is told
  return signal === NO_EXIT_SIGNAL ? undefined : [signal];
}

function withoutExitSignal(item: KernelItem): KernelItem {
  if (item.kind !== 'record') return item;
  const { exit_signal: _, ...fields } = item.fields;
  return { ...item, fields };
}

function sectionForm(walk: Walk, section: KernelSection, items: readonly KernelItem[], isFurther: boolean): Plain[] {
  if (IDLE.has(section)) return items.every(isIdle) ? [] : itemsForm(walk, items);
  if (!SPARSE.has(section)) return itemsForm(walk, items);
  const told = section === 'task' && isFurther ? items.map(withoutExitSignal) : items;
  return itemsForm(
    walk,
    told.filter((item) => !isEmptyRecord(item)),
  );
}

/** The kernel state of a thread; empty for one that is doing nothing special. */
export function kernelForm(walk: Walk, { nestedPids, sections }: KernelState, isFurther: boolean): Members {
  const form: Record<string, Plain | undefined> = { nestedPids };
  for (const section of KERNEL_SECTIONS) {
    const items = sections[section];
    if (items) form[section] = sectionForm(walk, section, items, isFurther);
  }
  if (isFurther) form['exitSignal'] = exitForm(sections.task ?? []);
  return form;
}
