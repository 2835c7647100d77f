import type { FormatError } from '../format/errors.js';

/** Something that is wrong with an image, as plain data. */
export interface Finding {
  readonly code: string;
  readonly message: string;
  /** Byte offset in the image; `null` where there is none. */
  readonly offset: number | null;
  /** Path of the record, such as `task[0].mm.vma[3]`; `null` where there is none. */
  readonly path: string | null;
}

export function findingOf({ code, message, offset, path }: FormatError): Finding {
  return { code, message, offset: offset ?? null, path: path === undefined || path === '' ? null : path };
}
