import type { ByteSource } from '../format/bytes/source.js';
import type { Image } from '../format/model/image.js';
import type { OpenChainOptions } from './chain.js';
import { openImageFrom, type OpenedImage } from './open-image.js';
import type { OpenMemoryOptions } from './open-memory.js';
import { openSource } from './open-source.js';
import { openSidecar } from './sidecar.js';
import type { OpenSourceOptions, WebReference } from './web-source.js';

export interface OpenImageOptions extends OpenMemoryOptions, OpenSourceOptions {}

/**
 * Opens an image to read its memory: a path, a URL, a Blob, bytes in memory or a source of bytes. Of a path, an index beside it
 * is used as well.
 *
 * ```ts
 * const image = await openImage('before.img');
 * const bytes = await image.space().read(0x7f0000001000n, 4096);
 * ```
 *
 * @throws {FormatError} as `readImage`; {IoError} as `openSource`
 */
export async function openImage(what: WebReference, options: OpenImageOptions = {}): Promise<OpenedImage> {
  const source = await openSource(what, options);
  const path = typeof what === 'string' ? what : undefined;
  const openAncestors = path !== undefined && source.descriptor !== undefined ? ancestorsOf(path, options) : undefined;
  return openImageFrom(source, {
    openSidecar: () => (path === undefined ? undefined : openSidecar(path)),
    openAncestors,
    ...options,
  });
}

/** Opens the ancestors of an image in a file, where it has any. */
export function ancestorsOf(path: string, options: OpenChainOptions): (source: ByteSource) => Promise<Image> {
  return async (source) => {
    // bring the readers of all formats along
    const [{ openChain }, { layerFile }] = await Promise.all([import('./chain.js'), import('./chain-file.js')]);
    return openChain(layerFile(path, source), options);
  };
}
