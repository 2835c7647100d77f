import { nearestWriter } from '../convert/nearest-writer.js';
import { openReference } from './open.js';
import type { Args } from './command.js';
import { readOptions } from './command.js';
import { runConvert } from './convert.js';

/** `crit squash IMAGE -o OUT`: an image and its ancestors as one image, of the same revision unless told. */
export async function runSquash(args: Args, signal: AbortSignal): Promise<number> {
  const image = String(args['image']);
  const to = args['to'] ?? (await revisionOf(image, args, signal));
  return runConvert({ ...args, in: image, out: args['output'], to, freeze: true }, signal);
}

async function revisionOf(reference: string, args: Args, signal: AbortSignal): Promise<string> {
  const { vmaType9 } = readOptions(args);
  const image = await openReference(reference, { signal, vmaType9, needsContents: true });
  try {
    return nearestWriter(image.format).name;
  } finally {
    await image.close();
  }
}
