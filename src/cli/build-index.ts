import { AppendSink } from '../format/bytes/append-sink.js';
import { createFile } from '../format/bytes/file.js';
import type { ByteSink } from '../format/bytes/sink.js';
import type { ByteSource } from '../format/bytes/source.js';
import { UsageError } from '../format/errors.js';
import { encodeIndex, type IndexFacts } from '../format/image-index/write-index.js';
import { buildIndex } from '../open/build-index.js';
import { crewFor } from './bulk-crew.js';
import { readOptions, STANDARD_STREAM, type Args } from './command.js';
import { SIDECAR_SUFFIX } from '../open/sidecar.js';
import { openSource } from './open.js';
import { printJson, printLines } from './output.js';
import { Progress } from './progress.js';
import { indexLines, type IndexSummary } from './render/build-index.js';

/** `crit index IMG` */
export async function runIndex(args: Args, signal: AbortSignal): Promise<number> {
  const reference = String(args['image']);
  if (reference === STANDARD_STREAM)
    throw new UsageError('BAD_ARGUMENT', { what: 'the image to index', expected: 'a file', actual: 'standard input' });
  const source = await openSource(reference, signal);
  try {
    const facts = await collect(source, args, signal);
    const sink = openIndexOutput(reference, facts, args);
    const indexBytes = await write(facts, sink, signal);
    const summary = summaryOf(reference, sink.name, facts, indexBytes);
    if (readOptions(args).json) await printJson(summary);
    else await printLines(indexLines(summary));
  } finally {
    await source.close();
  }
  return 0;
}

async function collect(source: ByteSource, args: Args, signal: AbortSignal): Promise<IndexFacts> {
  const { vmaType9 } = readOptions(args);
  const progress = new Progress(`reading ${source.name}`);
  const onProgress = (done: number, total: number): void => {
    progress.show(done, total);
  };
  const withDigests = args['digests'] === true;
  const crew = withDigests ? await crewFor([String(args['image'])]) : undefined;
  try {
    return await buildIndex(source, {
      ...{ signal, vmaType9, onProgress, withDigests, isSeparate: args['append'] !== true },
      ...(crew && { crew }),
    });
  } finally {
    progress.done();
    await crew?.close();
  }
}

function openIndexOutput(reference: string, { file }: IndexFacts, args: Args): ByteSink {
  if (args['append'] === true) return new AppendSink(reference, file.bytes);
  return createFile(typeof args['output'] === 'string' ? args['output'] : `${reference}${SIDECAR_SUFFIX}`);
}

async function write(facts: IndexFacts, sink: ByteSink, signal: AbortSignal): Promise<number> {
  try {
    for await (const piece of encodeIndex(facts)) {
      signal.throwIfAborted();
      await sink.write(piece);
    }
    await sink.commit();
    return sink.position;
  } catch (error) {
    await sink.abort();
    throw error;
  }
}

function summaryOf(image: string, file: string, facts: IndexFacts, indexBytes: number): IndexSummary {
  const areas = facts.spaces.flatMap((space) => space.areas);
  const sum = (amount: (area: (typeof areas)[number]) => number): number =>
    areas.reduce((n, area) => n + amount(area), 0);
  return {
    image,
    file,
    indexBytes,
    spaces: facts.spaces.length,
    vmas: areas.length,
    runs: sum(({ pages }) => pages.runCount),
    pages: sum(({ pages }) => pages.totalPages),
    hasDigests: facts.chunks !== undefined,
  };
}
