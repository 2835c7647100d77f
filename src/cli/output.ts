import { PipeSink } from '../format/bytes/pipe.js';
import type { ByteSink } from '../format/bytes/sink.js';
import { Spool, copyAll } from '../format/bytes/spool.js';
import { encodeText } from '../format/bytes/text.js';

const BATCH_CHARACTERS = 64 * 1024;

/** Standard output as a sink; `-o -` and all text go here. */
export function standardOutput(): PipeSink {
  return new PipeSink(1, 'standard output');
}

type Lines = Iterable<string> | AsyncIterable<string>;

/** Prints lines as they come, many at a time. @throws {IoError} `OUTPUT_CLOSED`, `WRITE_FAILED` */
export async function printLines(lines: Lines): Promise<void> {
  await writeLines(lines, standardOutput());
}

/**
 * Prints lines that are read from processes which stand still: all are made first, then the processes are let go, and
 * only then does a reader have time to be slow.
 */
export async function printHeldLines(lines: Lines, letGo: () => Promise<void>): Promise<void> {
  const held = new Spool('the output');
  try {
    await writeLines(lines, held.sink);
    await letGo();
    await copyAll(held.source('the output'), standardOutput());
  } finally {
    held.close();
  }
}

async function writeLines(lines: Lines, out: ByteSink): Promise<void> {
  let batch = '';
  for await (const line of lines) {
    batch += `${line}\n`;
    if (batch.length < BATCH_CHARACTERS) continue;
    await out.write(encodeText(batch));
    batch = '';
  }
  if (batch !== '') await out.write(encodeText(batch));
}

/** Prints one JSON document. bigints must have been turned to strings by then. */
export async function printJson(document: unknown): Promise<void> {
  await printLines([JSON.stringify(document, undefined, 2)]);
}

/** Prints a JSON array whose elements come one by one, an element a line. */
export async function printJsonArray(elements: AsyncIterable<unknown>): Promise<void> {
  await printLines(jsonArrayLines(elements));
}

/** The lines of a JSON array whose elements come one by one. */
export async function* jsonArrayLines(elements: AsyncIterable<unknown>): AsyncGenerator<string> {
  let previous: string | undefined;
  yield '[';
  for await (const element of elements) {
    if (previous !== undefined) yield `${previous},`;
    previous = JSON.stringify(element);
  }
  if (previous !== undefined) yield previous;
  yield ']';
}
