import type { CaptureStats } from '../capture/capture-stats.js';
import { captureProcess } from '../capture/capture.js';
import type { ContentsOptions } from '../capture/contents-policy.js';
import { defaultPauseBudget, expectedBytes } from '../capture/pause-budget.js';
import type { convertImage, Conversion } from '../convert/convert.js';
import type { ByteSink } from '../format/bytes/sink.js';
import type { ProcessImage } from '../capture/process-image.js';
import { UsageError } from '../format/errors.js';
import type { Args } from './command.js';
import { printJson } from './output.js';
import { checkOutput, fileOf, openOutput, overlapped, temporaryFileOf, type Overlapped } from './output-file.js';
import { loadKinds } from './own-kinds.js';
import { palette } from './palette.js';
import { Progress } from './progress.js';
import { captureLines, type CaptureSummary } from './render/capture.js';
import { parseSize } from './size.js';

const PID = /^\d+$/;

interface CaptureArgs extends ContentsOptions {
  readonly pid: number;
  readonly output: string;
  readonly to: string;
  readonly strict: boolean;
  readonly json: boolean;
  readonly freeze: boolean;
  readonly index: boolean;
  readonly pauseBudgetBytes: number | undefined;
}

/** `--pause-budget` alone is the empty string: half of the memory that is to be had. */
function readPauseBudget(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  return text === '' ? defaultPauseBudget() : parseSize(text, '--pause-budget');
}

async function readContents(args: Args): Promise<ContentsOptions> {
  // yargs makes lists of texts of them
  const { include, exclude, kinds } = args as { include?: string[]; exclude?: string[]; kinds?: string[] };
  const loaded = await Promise.all((kinds ?? []).map(loadKinds));
  return { include, exclude, kinds: loaded.flat() };
}

async function readArgs(args: Args): Promise<CaptureArgs> {
  const pid = String(args['pid']).replace(/^pid:/, '');
  if (!PID.test(pid)) throw new UsageError('BAD_ARGUMENT', { what: 'pid', expected: 'a number', actual: pid });
  const given = args as unknown as Omit<CaptureArgs, 'pid' | 'pauseBudgetBytes'> & { readonly pauseBudget?: string };
  checkOutput(given.output, given.json, '-o -');
  const contents = await readContents(args);
  return { ...given, ...contents, pid: Number(pid), pauseBudgetBytes: readPauseBudget(given.pauseBudget) };
}

interface Opened extends Output {
  readonly image: ProcessImage;
}

interface Output extends Overlapped {
  readonly convertImage: typeof convertImage;
}

/** What the process need not stand still for: the code that writes, and a thread to write beside us. */
async function prepareOutput(args: CaptureArgs, sink: ByteSink): Promise<Output> {
  const [convert, registry] = await Promise.all([import('../convert/convert.js'), import('../format/registry.js')]);
  registry.writerOf(args.to);
  return { convertImage: convert.convertImage, ...(await overlapped(sink, expectedBytes(args.pid))) };
}

async function openProcess(
  args: CaptureArgs,
  signal: AbortSignal,
  sink: ByteSink,
  beforeStop: Promise<Output>,
): Promise<Opened> {
  const { pid, freeze, pauseBudgetBytes, kinds, include, exclude } = args;
  const contents = { kinds, include, exclude };
  const temporaryFile = temporaryFileOf(sink);
  try {
    const image = await captureProcess(pid, {
      ...contents,
      freeze,
      pauseBudgetBytes,
      signal,
      temporaryFile,
      beforeStop,
    });
    return { image, ...(await beforeStop) };
  } catch (error) {
    const output = await beforeStop.catch(() => undefined);
    await (output?.out ?? sink).abort();
    throw error;
  }
}

/** `crit capture PID -o FILE` */
export async function runCapture(given: Args, signal: AbortSignal): Promise<number> {
  const args = await readArgs(given);
  const sink = openOutput(args.output);
  const { image, out, digestLater, convertImage } = await openProcess(args, signal, sink, prepareOutput(args, sink));
  const progress = new Progress(`capturing ${image.name}`);
  try {
    const bytes = image.stats.kinds.reduce((sum, kind) => sum + kind.bytes, 0);
    const onProgress = (done: number): void => {
      progress.show(done, bytes);
    };
    const conversion = await convertImage(image, out, {
      ...{ to: args.to, isStrict: args.strict, index: args.index, digestLater, signal, onProgress },
    });
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
  const { stoppedNs, wasStopped, kinds, unmatched, pauseBudget } = stats;
  const { to, writtenBytes, indexBytes, refused, losses } = conversion;
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
    indexBytes,
    kinds,
    unmatched,
    refused,
    losses,
  };
}
