import { realpathSync } from 'node:fs';
import * as path from 'node:path';
import { relinkImage } from '../convert/relink.js';
import { openFile } from '../format/bytes/file.js';
import { FormatError } from '../format/errors.js';
import type { Image, ParentLink } from '../format/model/image.js';
import { readImage } from '../format/registry.js';
import { checkedId, followLink, idOf, openChain, type LayerFile } from '../open/chain.js';
import { layerFile } from '../open/chain-file.js';
import { differenceToParent } from '../open/other-parent.js';
import { STANDARD_STREAM, readOptions, type Args } from './command.js';
import { printJson } from './output.js';
import { openOutput } from './output-file.js';
import { printable } from './render/printable.js';

/** `crit rebase IMAGE PARENT`: moves the link of an incremental image. */
export async function runRebase(args: Args, signal: AbortSignal): Promise<number> {
  const [image, parent] = [String(args['image']), String(args['parent'])];
  // yargs makes it a string
  const output = typeof args['output'] === 'string' ? args['output'] : image;
  const id = await identityOf(parent);
  const source = openFile(image);
  try {
    if (args['force'] !== true) await checkParent(image, parent, id, signal);
    const link = { path: linkFrom(output, parent), id };
    await relinkImage(source, link, openOutput(output), { signal });
    const { json } = readOptions(args);
    if (json) await printJson({ image: output, parent: link.path, id: Buffer.from(id).toString('hex') });
    else process.stderr.write(`the parent of ${printable(output)} is ${printable(link.path)}\n`);
  } finally {
    await source.close();
  }
  return 0;
}

/** @throws {FormatError} `NO_IDENTITY`, and what reading the index throws */
async function identityOf(parent: string): Promise<Uint8Array> {
  const file = layerFile(parent);
  try {
    const id = await idOf(file);
    if (id) return id;
    const what = `${parent} has no index with digests (crit index --digests makes one)`;
    throw new FormatError('NO_IDENTITY', { at: { path: 'index' }, what });
  } finally {
    await file.source.close();
  }
}

/**
 * The image it was taken after, or one that has all that it takes from that.
 *
 * @throws {FormatError} `PARENT_CHANGED`, and what opening either chain throws
 */
async function checkParent(image: string, parent: string, id: Uint8Array, signal: AbortSignal): Promise<void> {
  const file = layerFile(image);
  const child = await readImage(file.source, { signal });
  let difference: string | undefined;
  try {
    const link = child.parent;
    // of an image without a parent that is told when it is written
    if (link === undefined || link.id.every((byte, i) => byte === id[i])) return;
    difference = await differenceOf(child, await earlierParent(file, child, link), parent, signal);
  } catch (error) {
    // without the image that it was taken after nothing can be compared
    if (!(error instanceof FormatError) || !error.code.startsWith('PARENT_')) throw error;
    difference = error.message;
  } finally {
    await child.close();
  }
  if (difference !== undefined) throw changed(image, parent, difference);
}

/** The parent that the image has now, which is closed if it is another one than it was. */
async function earlierParent(file: LayerFile, { name }: Image, link: ParentLink): Promise<LayerFile> {
  const parent = await followLink({ file, name }, link, [file.key]);
  try {
    await checkedId(name, link, parent);
    return parent;
  } catch (error) {
    await parent.source.close();
    throw error;
  }
}

async function differenceOf(
  child: Image,
  earlier: LayerFile,
  parent: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  const before = await openChain(earlier, { signal });
  try {
    const after = await openChain(layerFile(parent), { signal });
    try {
      return await differenceToParent(child, before, after, { signal });
    } finally {
      await after.close();
    }
  } finally {
    await before.close();
  }
}

function changed(image: string, parent: string, difference: string): FormatError {
  const instead = `${parent} is not the image that ${image} was taken after`;
  const what = `${instead}: ${difference} (--force links to it all the same)`;
  return new FormatError('PARENT_CHANGED', { at: { path: 'parent' }, what });
}

/** From the directory where the image comes to lie. */
function linkFrom(output: string, parent: string): string {
  const directory = output === STANDARD_STREAM ? '.' : path.dirname(realPathOf(output));
  return path.relative(realpathSync(directory), realpathSync(parent));
}

/** A file that is not there yet has no other name. */
function realPathOf(file: string): string {
  try {
    return realpathSync(file);
  } catch {
    return file;
  }
}
