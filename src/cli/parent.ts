import { existsSync, realpathSync } from 'node:fs';
import * as path from 'node:path';
import type { ParentImage } from '../capture/tracking/tracking.js';
import { UsageError } from '../format/errors.js';
import { layerFile } from '../open/chain-file.js';
import { idOf, openChain } from '../open/chain.js';
import { STANDARD_STREAM } from './command.js';

/** The identity of an image by the index behind it, or by the one beside it; undefined where neither gives one. */
export async function identityOf(file: string): Promise<Uint8Array | undefined> {
  const layer = layerFile(file);
  try {
    return await idOf(layer);
  } finally {
    await layer.source.close();
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
  return { image: await openChain(layerFile(parent), { signal }), link: { path: link, id } };
}
