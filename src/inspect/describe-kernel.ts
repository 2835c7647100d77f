import { hexBytes, jsonInteger } from '../format/layout/unit.js';
import type { JsonValue } from '../format/layout/unit.js';
import type { KernelFields, KernelItem, KernelSection, KernelState } from '../format/model/kernel-state.js';
import type { SharedMemory } from '../format/model/shared-memory.js';

export type KernelFieldsDescription = Readonly<Record<string, JsonValue>>;

/** A kernel structure; bytes are in hex. */
export interface KernelRecordDescription {
  readonly kind: 'record';
  readonly name: string;
  readonly fields: KernelFieldsDescription;
  readonly elements: readonly KernelFieldsDescription[];
  readonly payload: string;
}

/** The beginning of an object that others refer to by number. */
export interface KernelObjectDescription {
  readonly kind: 'object';
  readonly object: string;
  readonly id: number;
}

/** Pages of a segment, listed with the shared memory of the image. */
export interface KernelMemoryDescription {
  readonly kind: 'memory';
  readonly sharedMemory: number | null;
}

export type KernelItemDescription = KernelRecordDescription | KernelObjectDescription | KernelMemoryDescription;

/** What ckpt streams hold of a task beside memory, files and registers. */
export interface KernelStateDescription {
  readonly nestedPids: readonly number[];
  readonly sections: Readonly<Partial<Record<KernelSection, readonly KernelItemDescription[]>>>;
}

/** Place of a shared memory in the list of the image. */
export type MemoryIndex = ReadonlyMap<SharedMemory, number>;

/** For items that hold no memory. */
export const NO_MEMORIES: MemoryIndex = new Map();

/** A value of a kernel structure: bytes in hex, integers as they are or as decimal strings. */
export function kernelValue(value: KernelFields[string]): JsonValue {
  return value instanceof Uint8Array ? hexBytes(value) : jsonInteger(value);
}

export function describeKernelFields(fields: KernelFields): KernelFieldsDescription {
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, kernelValue(value)]));
}

function describeItem(item: KernelItem, memories: MemoryIndex): KernelItemDescription {
  switch (item.kind) {
    case 'object':
      return item;
    case 'memory':
      return { kind: 'memory', sharedMemory: memories.get(item.memory) ?? null };
    case 'record': {
      const { name, fields, elements, payload } = item;
      return {
        kind: 'record',
        name,
        fields: describeKernelFields(fields),
        elements: elements.map(describeKernelFields),
        payload: hexBytes(payload),
      };
    }
  }
}

export function describeKernelItems(items: readonly KernelItem[], memories: MemoryIndex): KernelItemDescription[] {
  return items.map((item) => describeItem(item, memories));
}

/** `null` where the image holds none. */
export function describeKernelState(
  state: KernelState | undefined,
  memories: MemoryIndex,
): KernelStateDescription | null {
  if (!state) return null;
  const sections = Object.entries(state.sections).map(([name, items]) => [name, describeKernelItems(items, memories)]);
  return { nestedPids: state.nestedPids, sections: Object.fromEntries(sections) as KernelStateDescription['sections'] };
}
