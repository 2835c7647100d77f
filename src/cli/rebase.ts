import { realpathSync } from 'node:fs';
import * as path from 'node:path';
import { relinkImage } from '../convert/relink.js';
import { openFile } from '../format/bytes/file.js';
import type { ByteSource } from '../format/bytes/source.js';
import { unclosed } from '../format/bytes/unclosed.js';
import { FormatError } from '../format/errors.js';
import { readImage } from '../format/registry.js';
import { idOf } from '../open/chain.js';
import { layerFile } from '../open/chain-file.js';
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
    const isSame = args['force'] === true || (await hasParent(source, id, signal));
    if (!isSame) throw changed(image, parent);
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

async function hasParent(source: ByteSource, id: Uint8Array, signal: AbortSignal): Promise<boolean> {
  const { parent } = await readImage(unclosed(source), { signal });
  // of an image without a parent that is told when it is written
  return parent === undefined || parent.id.every((byte, i) => byte === id[i]);
}

function changed(image: string, parent: string): FormatError {
  const what = `${parent} is not the image that ${image} was taken after (--force links to it all the same)`;
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
