import { existsSync, realpathSync } from 'node:fs';
import * as path from 'node:path';
import type { ParentImage } from '../capture/tracking/tracking.js';
import { openFile } from '../format/bytes/file.js';
import type { ByteSource } from '../format/bytes/source.js';
import { UsageError } from '../format/errors.js';
import { readIndex } from '../format/image-index/read-index.js';
import { openSidecar } from '../open/sidecar.js';
import { STANDARD_STREAM } from './command.js';

/** The identity of an image by the index behind it, or by the one beside it; undefined where neither gives one. */
export async function identityOf(file: string): Promise<Uint8Array | undefined> {
  const image = openFile(file);
  try {
    const behind = await readIndex(image, { withId: true });
    if (behind) return behind.id;
    const sidecar = openSidecar(file);
    return sidecar && (await identityBeside(sidecar, image));
  } finally {
    await image.close();
  }
}

async function identityBeside(sidecar: ByteSource, image: ByteSource): Promise<Uint8Array | undefined> {
  try {
    return (await readIndex(sidecar, { image, withId: true }))?.id;
  } finally {
    await sidecar.close();
  }
}

/** A directory by the name that all links have been followed for. */
function realDirectory(directory: string): string {
  return existsSync(directory) ? realpathSync(directory) : path.resolve(directory);
}

/** How the parent is called from where an image will be; what goes to standard output is taken to stay here. */
function linkFrom(output: string, parent: string): string {
  const directory = realDirectory(output === STANDARD_STREAM ? '.' : path.dirname(output));
  return path.relative(directory, path.join(realDirectory(path.dirname(parent)), path.basename(parent)));
}

/**
 * Opens the image that an incremental one is taken after.
 *
 * @param output  where that will be
 * @throws {UsageError} `BAD_ARGUMENT` for one without identity, or one that would be replaced; {FormatError} as reading it
 */
export async function openParent(parent: string, output: string, signal: AbortSignal): Promise<ParentImage> {
  const link = linkFrom(output, parent);
  if (output !== STANDARD_STREAM && link === path.basename(output))
    throw new UsageError('BAD_ARGUMENT', { what: `${parent} would be replaced by the image that it is the parent of` });
  const id = await identityOf(parent);
  if (!id) {
    const hint = 'crit index --append --digests gives it one';
    throw new UsageError('BAD_ARGUMENT', {
      what: `${parent} has no index with digests, which a parent must have; ${hint}`,
    });
  }
  // brings the readers of all formats along
  const { readImage } = await import('../format/registry.js');
  return { image: await readImage(openFile(parent), { signal }), link: { path: link, id } };
}
