import { openImageFrom, type OpenedImage } from './open-image.js';
import type { OpenMemoryOptions } from './open-memory.js';
import { openWebSource, type OpenSourceOptions, type WebReference } from './web-source.js';

/** The same as Node's `openImage` where there are no files. @throws {FormatError} as `readImage`; {IoError} as `openWebSource` */
export async function openImage(
  what: WebReference,
  options: OpenMemoryOptions & OpenSourceOptions = {},
): Promise<OpenedImage> {
  return openImageFrom(await openWebSource(what, options), options);
}
