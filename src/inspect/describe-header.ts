import { hexNumber, jsonInteger } from '../format/layout/unit.js';
import { NO_MEMORIES, describeKernelItems } from './describe-kernel.js';
import type { JsonValue } from '../format/layout/unit.js';
import type { Image, ImageFormat, ImageHeader } from '../format/model/image.js';
import type { KernelItemDescription } from './describe-kernel.js';

export interface FormatDescription extends ImageFormat {
  /** Bytes of the image; `null` for a process and for a pipe that has not ended. */
  readonly sizeBytes: number | null;
}

export interface HeaderDescription {
  /** As `2.6.28`. */
  readonly kernel: string;
  readonly uname: ImageHeader['uname'];
  /** When the image was taken, in seconds since the epoch. */
  readonly timeSeconds: JsonValue;
  readonly cpu: ImageHeader['cpu'];
  /** Flags that the checkpoint was asked for with; `null` where the format does not keep them. */
  readonly uflags: string | null;
  /** What the format says of the container as a whole; `null` for nothing special. */
  readonly container: readonly KernelItemDescription[] | null;
}

export function describeFormat({ format, contents }: Image): FormatDescription {
  const isStored = format.family !== 'process' && Number.isFinite(contents.size);
  return { ...format, sizeBytes: isStored ? contents.size : null };
}

export function describeHeader(header: ImageHeader): HeaderDescription {
  const { kernel, uname, timeSeconds, cpu, uflags, container } = header;
  return {
    kernel: [kernel.major, kernel.minor, kernel.patch].join('.'),
    uname,
    timeSeconds: jsonInteger(timeSeconds),
    cpu,
    uflags: uflags === undefined ? null : hexNumber(uflags),
    container: container ? describeKernelItems(container, NO_MEMORIES) : null,
  };
}
