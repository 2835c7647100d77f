import { kernelItemsIn } from '../shared-memory.js';
import type { Image, OpenFile } from '../../format/model/image.js';
import type { KernelFields, KernelItem } from '../../format/model/kernel-state.js';

/** Members that hold the number of an object. Source: spec/cr-stream.md 7.3. */
const REFERENCE = /ref$/;

/** Those of SOCKET_UNIX, which are named otherwise. */
const SOCKET_REFERENCES: ReadonlySet<string> = new Set(['this', 'peer', 'peercred']);

/** Whether a member of a kernel record holds the number of another object. */
export function isReference(record: string, member: string): boolean {
  return REFERENCE.test(member) || (record === 'SOCKET_UNIX' && SOCKET_REFERENCES.has(member));
}

function* openFilesIn({ tasks }: Image): Generator<OpenFile> {
  for (const { mm, files } of tasks) {
    for (const { file } of files) yield file;
    if (mm?.exe) yield mm.exe;
    for (const { file } of mm?.vmas ?? []) if (file) yield file;
  }
}

/** The object numbers that kernel records of an image refer to. */
export function referencedNumbers(image: Image): ReadonlySet<number> {
  const numbers = new Set<number>();
  const addFields = (record: string, fields: KernelFields): void => {
    for (const [name, value] of Object.entries(fields))
      if (typeof value === 'number' && isReference(record, name)) numbers.add(value);
  };
  const addItems = (items: readonly KernelItem[]): void => {
    for (const item of items)
      if (item.kind === 'record') for (const fields of [item.fields, ...item.elements]) addFields(item.name, fields);
  };
  addItems(kernelItemsIn(image));
  for (const { kernel } of new Set(openFilesIn(image))) {
    if (!kernel) continue;
    addFields('FILE', kernel.fields);
    addItems(kernel.before);
    addItems(kernel.after);
  }
  return numbers;
}
