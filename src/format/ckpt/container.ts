import { fixedText, encodeText } from '../bytes/text.js';
import type { KernelItem, KernelRecord } from '../model/kernel-state.js';

/** Bytes of an LSM name with its NUL. */
const LSM_NAME_BYTES = 11;

function opaqueRecord(name: string, payload: Uint8Array): KernelRecord {
  return { kind: 'record', name, fields: {}, elements: [], payload };
}

/** What a kernel without a security module writes behind CONTAINER. Source: spec/cr-stream.md 8.3. */
export function usualContainer(): readonly [name: KernelRecord, info: KernelRecord] {
  return [opaqueRecord('BUFFER', fixedText('default', LSM_NAME_BYTES)), opaqueRecord('LSM_INFO', encodeText('dummy'))];
}

function isSame(item: KernelItem | undefined, usual: KernelRecord): boolean {
  return (
    item?.kind === 'record' &&
    item.name === usual.name &&
    item.payload.length === usual.payload.length &&
    item.payload.every((byte, i) => byte === usual.payload[i])
  );
}

/** Whether the records behind CONTAINER are those of a kernel without a security module, which the model leaves out. */
export function isUsualContainer(items: readonly KernelItem[]): boolean {
  const usual = usualContainer();
  return items.length === usual.length && usual.every((record, i) => isSame(items[i], record));
}
