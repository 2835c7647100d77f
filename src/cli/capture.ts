import { captureTree, type CaptureOptions } from '../capture/capture.js';
import type { ContentsOptions } from '../capture/contents-policy.js';
import { defaultPauseBudget, expectedBytes } from '../capture/pause-budget.js';
import type { convertImage, Conversion } from '../convert/convert.js';
import type { ByteSink } from '../format/bytes/sink.js';
import type { LiveImage } from '../capture/live-image.js';
import type { ParentImage } from '../capture/tracking/tracking.js';
import { UsageError } from '../format/errors.js';
import type { Args } from './command.js';
import { incrementalOptions, type IncrementalArgs } from './incremental-arguments.js';
import { printJson } from './output.js';
import { checkOutput, fileOf, openOutput, overlapped, temporaryFileOf, type Overlapped } from './output-file.js';
import { loadKinds } from './own-kinds.js';
import { palette } from './palette.js';
import { Progress } from './progress.js';
import { captureLines, type CaptureSummary } from './render/capture.js';
import { parseSize } from './size.js';
import { readStopOptions, type StopOptions } from './stop-arguments.js';

const PID = /^\d+$/;

interface CaptureArgs {
  readonly pids: readonly [number, ...number[]];
  readonly tree: boolean;
  readonly contents: ContentsOptions;
  readonly output: string;
  readonly to: string;
  readonly strict: boolean;
  readonly json: boolean;
  readonly stop: StopOptions;
  readonly index: boolean;
  readonly pauseBudgetBytes: number | undefined;
  readonly incremental: IncrementalArgs;
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

function readPid(text: string): number {
  const pid = text.replace(/^pid:/, '');
  if (!PID.test(pid)) throw new UsageError('BAD_ARGUMENT', { what: 'pid', expected: 'a number', actual: pid });
  return Number(pid);
}

async function readArgs(args: Args): Promise<CaptureArgs> {
  // yargs wants at least one
  const [first = '', ...others] = args['pid'] as readonly string[];
  const pids = [readPid(first), ...others.map(readPid)] as const;
  // yargs has checked the types of all options
  const given = args as unknown as Omit<
    CaptureArgs,
    'pids' | 'stop' | 'pauseBudgetBytes' | 'incremental' | 'contents'
  > & {
    readonly pauseBudget?: string;
  };
  checkOutput(given.output, given.json, '-o -');
  const stop = readStopOptions(args);
  const incremental = incrementalOptions(args);
  const contents = await readContents(args);
  return { ...given, pids, stop, pauseBudgetBytes: readPauseBudget(given.pauseBudget), incremental, contents };
}

interface Opened extends Output {
  readonly image: LiveImage;
}

interface Output extends Overlapped {
  readonly convertImage: typeof convertImage;
}

/** What the processes need not stand still for: the code that writes, and a thread to write beside us. */
async function prepareOutput(args: CaptureArgs, sink: ByteSink): Promise<Output> {
  const [convert, registry] = await Promise.all([import('../convert/convert.js'), import('../format/registry.js')]);
  registry.writerOf(args.to);
  return { convertImage: convert.convertImage, ...(await overlapped(sink, expectedBytesOf(args))) };
}

function expectedBytesOf({ pids }: CaptureArgs): number {
  return pids.reduce((sum, pid) => sum + expectedBytes(pid), 0);
}

/** What a capture is asked for, but where it goes. */
type Wanted = Pick<CaptureOptions, 'parent' | 'signal'>;

async function openProcesses(
  args: CaptureArgs,
  wanted: Wanted,
  sink: ByteSink,
  beforeStop: Promise<Output>,
): Promise<Opened> {
  const { pids, tree: descendants, stop, pauseBudgetBytes, contents } = args;
  const { track, isExact, preCopy } = args.incremental;
  const temporaryFile = temporaryFileOf(sink);
  try {
    const image = await captureTree(pids, {
      ...{ ...stop, ...contents, descendants, pauseBudgetBytes, track, isExact, preCopy, temporaryFile, beforeStop },
      ...wanted,
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
  const { parent: file } = args.incremental;
  // loaded only then: it brings the readers of all formats along
  const parent =
    file === undefined ? undefined : await (await import('./parent.js')).openParent(file, args.output, signal);
  try {
    const summary = await capture(args, { signal, parent });
    if (args.json) await printJson(summary);
    else for (const line of captureLines(summary, await palette('stderr'))) process.stderr.write(`${line}\n`);
  } finally {
    await parent?.image.close();
  }
  return 0;
}

async function capture(args: CaptureArgs, wanted: Wanted): Promise<CaptureSummary> {
  const sink = openOutput(args.output);
  const { image, out, digestLater, convertImage } = await openProcesses(args, wanted, sink, prepareOutput(args, sink));
  const progress = new Progress(`capturing ${image.name}`);
  try {
    const bytes = image.stats.kinds.reduce((sum, kind) => sum + kind.bytes, 0);
    const onProgress = (done: number): void => {
      progress.show(done, bytes);
    };
    const { signal, parent } = wanted;
    const conversion = await convertImage(image, out, {
      ...{ to: args.to, isStrict: args.strict, index: args.index, digestLater, signal, onProgress },
    });
    await noteSaved(args, image);
    return summaryOf(args, image, conversion, parent);
  } finally {
    progress.done();
    await image.close();
  }
}

/** Tells the capture which image it has become, so that the next one can rely on its soft-dirty bits. */
async function noteSaved(args: CaptureArgs, image: LiveImage): Promise<void> {
  const file = fileOf(args.output);
  const { tracking } = image.stats;
  const isAnyCleared = tracking?.processes?.some(({ isCleared }) => isCleared) ?? tracking?.isCleared;
  if (file === null || !args.index || isAnyCleared !== true) return;
  const id = await (await import('./parent.js')).identityOf(file);
  if (id) image.savedAs(id);
}

function summaryOf(
  args: CaptureArgs,
  { tasks, stats }: LiveImage,
  conversion: Conversion,
  parent: ParentImage | undefined,
): CaptureSummary {
  const { stoppedNs, wasStopped, kinds, unmatched, pauseBudget, freeze, partial, warnings, tracking, preCopy } = stats;
  const processes = tasks.map(({ pid, threads }) => ({ pid, comm: threads[0].comm }));
  const { to, writtenBytes, indexBytes, refused, losses } = conversion;
  const file = fileOf(args.output);
  return {
    pid: tasks[0].pid,
    comm: tasks[0].threads[0].comm,
    processes,
    file,
    to,
    stoppedNs: stoppedNs ?? null,
    pauseBudget: pauseBudget ?? null,
    parent: parent ? { path: parent.link.path, id: Buffer.from(parent.link.id).toString('hex') } : null,
    tracking: tracking ?? null,
    preCopy: preCopy ?? null,
    wasStopped,
    freeze: freeze ? { method: freeze.method, fallbackReason: freeze.fallbackReason ?? null } : null,
    partial: partial ?? null,
    writtenBytes,
    indexBytes,
    kinds,
    warnings,
    unmatched,
    refused,
    losses,
  };
}
