import type { Crew } from '../format/bytes/crew.js';
import type { Image } from '../format/model/image.js';
import { changedBytes } from '../inspect/changed-bytes.js';
import { describeDiff } from '../inspect/describe-diff.js';
import { diffImages, type ImageDiff } from '../inspect/diff.js';
import { crewFor } from './bulk-crew.js';
import { readOptions, type Args } from './command.js';
import { openReference } from './open.js';
import { printHeldLines, printJson, printLines } from './output.js';
import { palette } from './palette.js';
import { Progress } from './progress.js';
import { changedBytesLines } from './render/changed-bytes.js';
import { diffLines } from './render/diff.js';
import { diffStatLines } from './render/diff-stat.js';
import type { Palette } from './render/palette.js';

/** `crit diff A B`; returns 1 when they differ. */
export async function runDiff(args: Args, signal: AbortSignal): Promise<number> {
  const { freeze, vmaType9 } = readOptions(args);
  const options = { freeze, signal, vmaType9, needsContents: true, withCapturedKinds: true };
  const [a, b] = [String(args['a']), String(args['b'])];
  const crew = await crewFor([a, b]);
  let before: Image | undefined;
  let after: Image | undefined;
  try {
    before = await openReference(a, options);
    after = await openReference(b, options);
    const diff = await compare(before, after, { crew, signal });
    await printDiff(before, after, diff, { args, signal });
    return diff.isDifferent ? 1 : 0;
  } finally {
    await crew?.close();
    await after?.close();
    await before?.close();
  }
}

async function compare(
  before: Image,
  after: Image,
  options: { crew: Crew | undefined; signal: AbortSignal },
): Promise<ImageDiff> {
  const progress = new Progress('comparing');
  try {
    const onProgress = (done: number, total: number): void => {
      progress.show(done, total);
    };
    return await diffImages(before, after, { ...options, onProgress });
  } finally {
    progress.done();
  }
}

async function printDiff(
  before: Image,
  after: Image,
  diff: ImageDiff,
  { args, signal }: { args: Args; signal: AbortSignal },
): Promise<void> {
  const letGo = async (): Promise<void> => {
    await before.release?.();
    await after.release?.();
  };
  const withPages = args['pages'] === true;
  const colours = await palette('stdout');
  const withBytes = args['bytes'] === true && args['stat'] !== true && !readOptions(args).json;
  if (withBytes) return printHeldLines(linesWithBytes(before, after, diff, { withPages, colours, signal }), letGo);
  await letGo();
  if (readOptions(args).json) return printJson(describeDiff(diff, { withRuns: withPages }));
  await printLines(args['stat'] === true ? diffStatLines(diff, colours) : diffLines(diff, colours, { withPages }));
}

async function* linesWithBytes(
  before: Image,
  after: Image,
  diff: ImageDiff,
  { withPages, colours, signal }: { withPages: boolean; colours: Palette; signal: AbortSignal },
): AsyncGenerator<string> {
  yield* diffLines(diff, colours, { withPages });
  // a piece at a time: there may be millions of lines
  for await (const changed of changedBytes(before, after, diff, { signal }))
    yield [...changedBytesLines(changed, colours)].join('\n');
}
