import { totalsOf } from '../inspect/totals.js';
import { readOptions, type Args } from './command.js';
import { warnOfParent } from './missing-parent.js';
import { openReference } from './open.js';
import { printJson, printLines } from './output.js';
import { palette } from './palette.js';
import { infoLines } from './render/info.js';

/** `crit info IMAGE` */
export async function runInfo(args: Args, signal: AbortSignal): Promise<number> {
  const { json, freeze, vmaType9 } = readOptions(args);
  const image = await openReference(String(args['image']), { freeze, signal, vmaType9, onMissingParent: warnOfParent });
  try {
    const totals = totalsOf(image);
    await (json ? printJson(totals) : printLines(infoLines(totals, await palette('stdout'))));
  } finally {
    await image.close();
  }
  return 0;
}
