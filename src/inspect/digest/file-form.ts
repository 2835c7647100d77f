import { fieldsForm, itemsForm } from './kernel-form.js';
import { labelIfReferenced, type Walk } from './walk.js';
import type { Plain } from './bencode.js';
import type { FileDescriptor, FileType, OpenFile } from '../../format/model/image.js';
import type { KernelItem } from '../../format/model/kernel-state.js';

/** The member that says which object is behind a file that has no path, and so what it is called. */
const OBJECT_FIELDS: Readonly<Partial<Record<FileType, string>>> = {
  pipe: 'pipe_objref',
  fifo: 'pipe_objref',
  socket: 'sock_objref',
  tty: 'tty_objref',
};

/** Names that are made of the number of an object. */
const LINK = /^(?:pipe|socket|tty):\[\d+\]$/;

function objectNumber({ type, kernel }: OpenFile): number {
  const field = OBJECT_FIELDS[type];
  const number = field === undefined ? 0 : kernel?.fields[field];
  return typeof number === 'number' ? number : 0;
}

/** Of a pipe all ends have one label: by its number, or by what it is called where it has none. */
function pipeForm({ labels }: Walk, file: OpenFile): Plain | undefined {
  if (file.type !== 'pipe' && file.type !== 'fifo') return undefined;
  return labels.number(objectNumber(file) || file.name);
}

function nameForm(file: OpenFile): string {
  const isLink = file.type === 'pipe' || objectNumber(file) > 0;
  return isLink && LINK.test(file.name) ? '' : file.name;
}

/** A pipe without contents may say so or not. */
function isEmptyPipe(item: KernelItem): boolean {
  return item.kind === 'record' && item.name === 'PIPE_BUF' && item.payload.length === 0;
}

function kernelOf(walk: Walk, { kernel }: OpenFile): Readonly<Record<string, Plain>> {
  if (!kernel) return {};
  const { pipe_objref: _, ...fields } = kernel.fields;
  return {
    before: itemsForm(walk, kernel.before),
    fields: fieldsForm(walk, 'FILE', fields),
    after: itemsForm(
      walk,
      kernel.after.filter((item) => !isEmptyPipe(item)),
    ),
  };
}

/** An open file: described where it is met first. */
export function fileForm(walk: Walk, file: OpenFile): Plain {
  return walk.labels.once(file, () => {
    const { type, f_mode, f_flags, f_pos, f_version, id } = file;
    const facts = { type, name: nameForm(file), f_mode, f_flags, f_pos, f_version };
    return { ...facts, id: labelIfReferenced(walk, id), pipe: pipeForm(walk, file), ...kernelOf(walk, file) };
  });
}

/** Whether a file says no more than the path of what was mapped from it. */
export function isPathOnly(
  { type, name, f_mode, f_flags, f_pos, f_version, kernel }: OpenFile,
  path?: string,
): boolean {
  const isBlank = f_mode === 0 && f_flags === 0 && f_pos === 0n && f_version === 0n && !kernel;
  return type === 'regular' && name === path && isBlank;
}

/** A table of descriptors: described where it is met first. An empty one is nobody's. */
export function tableForm(walk: Walk, files: readonly FileDescriptor[]): Plain {
  if (files.length === 0) return [];
  return walk.labels.once(files, () => ({
    descriptors: files.map(({ fd, isCloseOnExec, file }) => ({ fd, isCloseOnExec, file: fileForm(walk, file) })),
  }));
}
