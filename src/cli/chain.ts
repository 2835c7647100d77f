import type { FormatError } from '../format/errors.js';
import { readOptions, type Args } from './command.js';
import { openReference } from './open.js';
import { printJson, printLines } from './output.js';
import { palette } from './palette.js';
import { chainLines } from './render/chain.js';
import { describeChain } from '../inspect/describe-chain.js';

/** `crit chain IMAGE`: its ancestors; returns 1 when one is missing. */
export async function runChain(args: Args, signal: AbortSignal): Promise<number> {
  const { json, vmaType9 } = readOptions(args);
  const faults: FormatError[] = [];
  const onMissingParent = (error: FormatError): void => void faults.push(error);
  const image = await openReference(String(args['image']), { signal, vmaType9, needsContents: true, onMissingParent });
  try {
    const chain = describeChain(image, faults[0]);
    await (json ? printJson(chain) : printLines(chainLines(chain, await palette('stdout'))));
  } finally {
    await image.close();
  }
  return faults.length === 0 ? 0 : 1;
}
