import { readImage } from '../format/registry.js';
import { verifyImage } from '../inspect/verify.js';
import { readOptions, type Args } from './command.js';
import { openContents } from './open.js';
import { printJson, printLines } from './output.js';
import { palette } from './palette.js';
import { verifyLines } from './render/verify.js';

/** `crit verify IMAGE`; returns 1 when it is damaged. */
export async function runVerify(args: Args, signal: AbortSignal): Promise<number> {
  const { json, vmaType9 } = readOptions(args);
  const source = await openContents(String(args['image']), signal);
  const verification = await verifyImage(source.name, (options) => readImage(source, { ...options, signal, vmaType9 }));
  await (json ? printJson(verification) : printLines(verifyLines(verification, await palette('stdout'))));
  return verification.findings.length === 0 ? 0 : 1;
}
