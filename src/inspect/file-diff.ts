import { hexNumber, jsonInteger } from '../format/layout/unit.js';
import { fieldChanges } from './field-change.js';
import { fileStateChanges } from './kernel-diff.js';
import { pairByKeys } from './pairing.js';
import type { FileDescriptor, FileType } from '../format/model/image.js';
import type { FieldChange, FieldTable } from './field-change.js';
import type { Sides } from './sides.js';

/** A file descriptor that is on one side only, or whose fields differ. */
export type FileDiff = Sides<FileDescriptor> & {
  /** Empty for a descriptor on one side only. */
  readonly fields: readonly FieldChange[];
};

const FILE_FIELDS: FieldTable<FileDescriptor> = [
  ['name', ({ file }) => file.name],
  ['type', ({ file }) => file.type],
  ['isCloseOnExec', ({ isCloseOnExec }) => isCloseOnExec],
  ['f_mode', ({ file }) => hexNumber(file.f_mode)],
  ['f_flags', ({ file }) => hexNumber(file.f_flags)],
  ['f_pos', ({ file }) => jsonInteger(file.f_pos)],
  ['f_version', ({ file }) => jsonInteger(file.f_version)],
];

/** Types that every format tells apart; some have only `other` for the rest. */
const COMMON_TYPES: readonly FileType[] = ['regular', 'directory', 'symlink'];

/** Whether two types that differ say different things, and not one less than the other. */
function isKnownApart(before: FileType, after: FileType): boolean {
  return (before !== 'other' && after !== 'other') || COMMON_TYPES.includes(before) || COMMON_TYPES.includes(after);
}

function fileFields({ presence, before, after }: Sides<FileDescriptor>): FieldChange[] {
  if (presence !== 'both') return [];
  const isTypeKnown = isKnownApart(before.file.type, after.file.type);
  const fields = fieldChanges(FILE_FIELDS, before, after).filter(({ name }) => name !== 'type' || isTypeKnown);
  return [...fields, ...fileStateChanges(before.file.kernel, after.file.kernel)];
}

/** Descriptors by number. */
export function diffFiles(before: readonly FileDescriptor[], after: readonly FileDescriptor[]): FileDiff[] {
  return pairByKeys(before, after, [({ fd }) => String(fd)])
    .map((sides): FileDiff => ({ ...sides, fields: fileFields(sides) }))
    .filter((file) => file.presence !== 'both' || file.fields.length > 0);
}
