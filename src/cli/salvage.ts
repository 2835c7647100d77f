import { salvageImage, type Salvage } from '../convert/salvage.js';
import type { Image } from '../format/model/image.js';
import type { ReadImageOptions } from '../format/model/read-options.js';
import { readImage, writerOf } from '../format/registry.js';
import { findingOf } from '../inspect/finding.js';
import { readOptions, type Args } from './command.js';
import { openContents } from './open.js';
import { printJson } from './output.js';
import { checkOutput, fileOf, openOutput } from './output-file.js';
import { palette } from './palette.js';
import { Progress } from './progress.js';
import { salvageLines, type SalvageSummary } from './render/salvage.js';

/** `crit salvage IN OUT` */
export async function runSalvage(args: Args, signal: AbortSignal): Promise<number> {
  const { json, vmaType9 } = readOptions(args);
  const [input, output] = [String(args['in']), String(args['out'])];
  checkOutput(output, json, 'an image on -');
  const to = typeof args['to'] === 'string' ? args['to'] : undefined;
  if (to !== undefined) writerOf(to);
  const summary = summaryOf(
    output,
    await salvage(input, output, { to, index: args['index'] !== false, signal, vmaType9 }),
  );
  if (json) await printJson(summary);
  else for (const line of salvageLines(summary, await palette('stderr'))) process.stderr.write(`${line}\n`);
  return 0;
}

interface How extends Pick<ReadImageOptions, 'vmaType9'> {
  readonly to: string | undefined;
  readonly index: boolean;
  readonly signal: AbortSignal;
}

async function salvage(input: string, output: string, { to, index, signal, vmaType9 }: How): Promise<Salvage> {
  const progress = new Progress('saving');
  let sizeBytes = 0;
  const read = async (options: ReadImageOptions): Promise<Image> => {
    const source = await openContents(input, signal);
    sizeBytes = source.size;
    return readImage(source, { ...options, signal, vmaType9 });
  };
  const onProgress = (done: number): void => {
    progress.show(done, sizeBytes);
  };
  try {
    return await salvageImage(read, openOutput(output), { to, index, signal, onProgress });
  } finally {
    progress.done();
  }
}

function summaryOf(output: string, { name, faults, ...rest }: Salvage): SalvageSummary {
  return { from: name, file: fileOf(output), ...rest, faults: faults.map(findingOf) };
}
