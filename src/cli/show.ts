import { readRecords } from '../format/registry.js';
import { describeImage } from '../inspect/describe.js';
import { readOptions, type Args } from './command.js';
import { openReference, openSource } from './open.js';
import { printJson, printJsonArray, printLines } from './output.js';
import { warnOfParent } from './missing-parent.js';
import { palette } from './palette.js';
import { recordLines } from './render/records.js';
import { showLines } from './render/show.js';

/** `crit show IMAGE [--records]` */
export async function runShow(args: Args, signal: AbortSignal): Promise<number> {
  const reference = String(args['image']);
  const { json, freeze, vmaType9 } = readOptions(args);
  if (args['records'] === true) return showRecords(reference, json, signal);
  const options = { freeze, signal, vmaType9, onMissingParent: warnOfParent, withCapturedKinds: true };
  const image = await openReference(reference, options);
  try {
    const description = describeImage(image);
    // what follows may wait for a slow reader: nobody shall stand still for that
    await image.release?.();
    await (json ? printJson(description) : printLines(showLines(description, await palette('stdout'))));
  } finally {
    await image.close();
  }
  return 0;
}

async function showRecords(reference: string, isJson: boolean, signal: AbortSignal): Promise<number> {
  const source = await openSource(reference, signal);
  try {
    await (isJson ? printJsonArray(readRecords(source)) : printLines(recordLines(readRecords(source))));
  } finally {
    await source.close();
  }
  return 0;
}
