import { hexNumber, jsonInteger } from '../format/layout/unit.js';
import { describeKernelFields, describeKernelItems } from './describe-kernel.js';
import { openFlagNames } from './open-flags.js';
import type { JsonValue } from '../format/layout/unit.js';
import type { FileDescriptor, FileType, OpenFile } from '../format/model/image.js';
import type { KernelFieldsDescription, KernelItemDescription, MemoryIndex } from './describe-kernel.js';

/** What ckpt streams hold of an open file beside the rest. */
export interface OpenFileStateDescription {
  readonly before: readonly KernelItemDescription[];
  readonly fields: KernelFieldsDescription;
  readonly after: readonly KernelItemDescription[];
}

export interface OpenFileDescription {
  readonly type: FileType;
  readonly name: string;
  readonly mode: string;
  readonly flags: string;
  /** Access mode and O_* flags by name. */
  readonly flagNames: readonly string[];
  /** Position in the file, in bytes. */
  readonly pos: JsonValue;
  readonly version: JsonValue;
  /** Number in the image; `null` where it has none. */
  readonly id: number | null;
  readonly kernel: OpenFileStateDescription | null;
}

/** An open file descriptor. */
export interface FileDescription extends OpenFileDescription {
  readonly fd: number;
  readonly isCloseOnExec: boolean;
  /** The lowest descriptor of the task that refers to the same open file; `null` when it is this one. */
  readonly sharedWith: number | null;
}

export function describeOpenFile(file: OpenFile, memories: MemoryIndex): OpenFileDescription {
  const { kernel } = file;
  return {
    type: file.type,
    name: file.name,
    mode: hexNumber(file.f_mode >>> 0),
    flags: hexNumber(file.f_flags >>> 0),
    flagNames: openFlagNames(file.f_flags),
    pos: jsonInteger(file.f_pos),
    version: jsonInteger(file.f_version),
    id: file.id ?? null,
    kernel: kernel
      ? {
          before: describeKernelItems(kernel.before, memories),
          fields: describeKernelFields(kernel.fields),
          after: describeKernelItems(kernel.after, memories),
        }
      : null,
  };
}

/** Descriptors in their order. */
export function describeFiles(descriptors: readonly FileDescriptor[], memories: MemoryIndex): FileDescription[] {
  const firstFd = new Map<OpenFile, number>();
  return descriptors.map(({ fd, isCloseOnExec, file }) => {
    const sharedWith = firstFd.get(file) ?? null;
    if (sharedWith === null) firstFd.set(file, fd);
    return { fd, isCloseOnExec, ...describeOpenFile(file, memories), sharedWith };
  });
}
