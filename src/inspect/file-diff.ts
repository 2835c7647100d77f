import { hexNumber, jsonInteger } from '../format/layout/unit.js';
import { fieldChanges } from './field-change.js';
import { fileStateChanges } from './kernel-diff.js';
import { pairByKeys } from './pairing.js';
import { nameComparison, type IsSameName } from './link-names.js';
import type { FileDescriptor, FileType, Image } from '../format/model/image.js';
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

/** What two images can say of a file that is in both. */
export interface FileComparison {
  readonly isSameName: IsSameName;
  /** Whether the image, before or after, tells a type from others. */
  readonly isTypeToldBefore: (type: FileType) => boolean;
  readonly isTypeToldAfter: (type: FileType) => boolean;
}

/** Types that a ckpt stream gives to all that it knows by the path alone. */
const GENERIC_TYPES: readonly FileType[] = ['regular', 'directory'];

/** Types that every format tells apart; some have only `other` for the rest. */
const COMMON_TYPES: readonly FileType[] = ['regular', 'directory', 'symlink'];

/** @returns what is known of files in both images, of tasks that are compared in their order */
export function fileComparison(before: Image, after: Image): FileComparison {
  const toldBy =
    ({ format }: Image) =>
    (type: FileType): boolean =>
      format.family !== 'ckpt' || !GENERIC_TYPES.includes(type);
  return {
    isSameName: nameComparison(before, after),
    isTypeToldBefore: toldBy(before),
    isTypeToldAfter: toldBy(after),
  };
}

/** Whether two types that differ say different things, and not one less than the other. */
function isKnownApart(before: FileType, after: FileType, comparison: FileComparison): boolean {
  if (!comparison.isTypeToldBefore(before) || !comparison.isTypeToldAfter(after)) return false;
  return (before !== 'other' && after !== 'other') || COMMON_TYPES.includes(before) || COMMON_TYPES.includes(after);
}

function fileFields({ presence, before, after }: Sides<FileDescriptor>, comparison: FileComparison): FieldChange[] {
  if (presence !== 'both') return [];
  const isTypeKnown = isKnownApart(before.file.type, after.file.type, comparison);
  const isSameName = comparison.isSameName(before.file, after.file);
  const fields = fieldChanges(FILE_FIELDS, before, after).filter(
    ({ name }) => !(name === 'type' && !isTypeKnown) && !(name === 'name' && isSameName),
  );
  return [...fields, ...fileStateChanges(before.file.kernel, after.file.kernel)];
}

/** Descriptors by number. */
export function diffFiles(
  before: readonly FileDescriptor[],
  after: readonly FileDescriptor[],
  comparison: FileComparison,
): FileDiff[] {
  return pairByKeys(before, after, [({ fd }) => String(fd)])
    .map((sides): FileDiff => ({ ...sides, fields: fileFields(sides, comparison) }))
    .filter((file) => file.presence !== 'both' || file.fields.length > 0);
}
