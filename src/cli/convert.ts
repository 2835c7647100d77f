import { convertImage, type Conversion } from '../convert/convert.js';
import type { ByteSink } from '../format/bytes/sink.js';
import type { Image } from '../format/model/image.js';
import { writerOf } from '../format/registry.js';
import { totalsOf } from '../inspect/totals.js';
import { readOptions, type Args, type SharedOptions } from './command.js';
import { openReference } from './open.js';
import { printJson } from './output.js';
import { checkOutput, fileOf, openOutput, overlapped, temporaryFileOf } from './output-file.js';
import { palette } from './palette.js';
import { Progress } from './progress.js';
import { convertLines, type ConvertSummary } from './render/convert.js';

interface ConvertArgs {
  readonly in: string;
  readonly out: string;
  readonly to: string;
  readonly strict: boolean;
  readonly failOnLoss: boolean;
  readonly json: boolean;
  readonly freeze: boolean;
  readonly index: boolean;
  readonly vmaType9: SharedOptions['vmaType9'];
}

/** `crit convert IN OUT --to REV` */
export async function runConvert(given: Args, signal: AbortSignal): Promise<number> {
  // yargs has checked them against the table of commands
  const args = { ...given, ...readOptions(given) } as unknown as ConvertArgs;
  checkOutput(args.out, args.json, 'an image on -');
  writerOf(args.to);
  const sink = openOutput(args.out);
  const image = await openOrAbort(args, sink, signal);
  try {
    const conversion = await convert(image, sink, args, signal);
    const summary: ConvertSummary = { from: image.name, format: image.format, file: fileOf(args.out), ...conversion };
    if (args.json) await printJson(summary);
    else for (const line of convertLines(summary, await palette('stderr'))) process.stderr.write(`${line}\n`);
  } finally {
    await image.close();
  }
  return 0;
}

async function openOrAbort(args: ConvertArgs, sink: ByteSink, signal: AbortSignal): Promise<Image> {
  const temporaryFile = temporaryFileOf(sink);
  try {
    return await openReference(args.in, {
      freeze: args.freeze,
      signal,
      needsContents: true,
      temporaryFile,
      vmaType9: args.vmaType9,
    });
  } catch (error) {
    await sink.abort();
    throw error;
  }
}

async function convert(image: Image, sink: ByteSink, args: ConvertArgs, signal: AbortSignal): Promise<Conversion> {
  const progress = new Progress(`converting ${image.name}`);
  const { dumpedBytes } = totalsOf(image);
  try {
    // nobody stands still meanwhile, so that digests can be made on the way
    const { out } = await overlapped(sink, dumpedBytes);
    return await convertImage(image, out, {
      to: args.to,
      isStrict: args.strict,
      failOnLoss: args.failOnLoss,
      index: args.index,
      signal,
      onProgress: (done) => {
        progress.show(done, dumpedBytes);
      },
    });
  } finally {
    progress.done();
  }
}
