import type { CaptureStats } from '../capture/capture-stats.js';
import { captureProcess } from '../capture/capture.js';
import { defaultPauseBudget } from '../capture/pause-budget.js';
import { convertImage, type Conversion } from '../convert/convert.js';
import { UsageError } from '../format/errors.js';
import { writerOf } from '../format/registry.js';
import type { Args } from './command.js';
import { printJson } from './output.js';
import { checkOutput, fileOf, openOutput, overlapped, temporaryFileOf } from './output-file.js';
import { palette } from './palette.js';
import { Progress } from './progress.js';
import { captureLines, type CaptureSummary } from './render/capture.js';
import { parseSize } from './size.js';

const PID = /^\d+$/;

interface CaptureArgs {
  readonly pid: number;
  readonly output: string;
  readonly to: string;
  readonly strict: boolean;
  readonly json: boolean;
  readonly freeze: boolean;
  readonly pauseBudgetBytes: number | undefined;
}

/** `--pause-budget` alone is the empty string: half of the memory that is to be had. */
function readPauseBudget(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  return text === '' ? defaultPauseBudget() : parseSize(text, '--pause-budget');
}

function readArgs(args: Args): CaptureArgs {
  const pid = String(args['pid']).replace(/^pid:/, '');
  if (!PID.test(pid)) throw new UsageError('BAD_ARGUMENT', { what: 'pid', expected: 'a number', actual: pid });
  const given = args as unknown as Omit<CaptureArgs, 'pid' | 'pauseBudgetBytes'> & { readonly pauseBudget?: string };
  checkOutput(given.output, given.json, '-o -');
  writerOf(given.to);
  return { ...given, pid: Number(pid), pauseBudgetBytes: readPauseBudget(given.pauseBudget) };
}

/** `crit capture PID -o FILE` */
export async function runCapture(given: Args, signal: AbortSignal): Promise<number> {
  const args = readArgs(given);
  const sink = openOutput(args.output);
  const temporaryFile = temporaryFileOf(sink);
  const { freeze, pauseBudgetBytes } = args;
  const options = { freeze, pauseBudgetBytes, signal, temporaryFile };
  const image = await captureProcess(args.pid, options).catch(async (error: unknown) => {
    await sink.abort();
    throw error;
  });
  const progress = new Progress(`capturing ${image.name}`);
  try {
    const bytes = image.stats.kinds.reduce((sum, kind) => sum + kind.bytes, 0);
    const onProgress = (done: number): void => {
      progress.show(done, bytes);
    };
    const out = await overlapped(sink, bytes);
    const conversion = await convertImage(image, out, { to: args.to, isStrict: args.strict, signal, onProgress });
    progress.done();
    const summary = summaryOf(args, image.tasks[0].threads[0].comm, image.stats, conversion);
    if (args.json) await printJson(summary);
    else for (const line of captureLines(summary, await palette('stderr'))) process.stderr.write(`${line}\n`);
  } finally {
    progress.done();
    await image.close();
  }
  return 0;
}

function summaryOf(args: CaptureArgs, comm: string, stats: CaptureStats, conversion: Conversion): CaptureSummary {
  const { stoppedNs, wasStopped, kinds, pauseBudget } = stats;
  const { to, writtenBytes, refused, losses } = conversion;
  const file = fileOf(args.output);
  return {
    pid: args.pid,
    comm,
    file,
    to,
    stoppedNs: stoppedNs ?? null,
    pauseBudget: pauseBudget ?? null,
    wasStopped,
    writtenBytes,
    kinds,
    refused,
    losses,
  };
}
