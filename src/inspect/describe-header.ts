import { jsonInteger } from '../format/layout/unit.js';
import type { JsonValue } from '../format/layout/unit.js';
import type { Image, ImageFormat, ImageHeader } from '../format/model/image.js';

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
}

export function describeFormat({ format, contents }: Image): FormatDescription {
  const isStored = format.family !== 'process' && Number.isFinite(contents.size);
  return { ...format, sizeBytes: isStored ? contents.size : null };
}

export function describeHeader({ kernel, uname, timeSeconds, cpu }: ImageHeader): HeaderDescription {
  const version = [kernel.major, kernel.minor, kernel.patch].join('.');
  return { kernel: version, uname, timeSeconds: jsonInteger(timeSeconds), cpu };
}
