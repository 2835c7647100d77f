import { Spool, copyAll } from '../format/bytes/spool.js';
import { pidOf, type OpenedMemory } from './open.js';
import type { ByteSink } from '../format/bytes/sink.js';
import { printHeldLines, printLines, standardOutput } from './output.js';

type Lines = Iterable<string> | AsyncIterable<string>;

/** Prints lines that are made from memory. No process stands still for the sake of a slow reader. */
export async function printMemoryLines(lines: Lines, reference: string, memory: OpenedMemory): Promise<void> {
  if (pidOf(reference) !== undefined) return printHeldLines(lines, () => memory.release());
  await printLines(lines);
  await memory.release();
}

/** Writes bytes of memory to standard output, in the same way. */
export async function writeMemory(
  write: (sink: ByteSink) => Promise<void>,
  reference: string,
  memory: OpenedMemory,
): Promise<void> {
  if (pidOf(reference) === undefined) {
    await write(standardOutput());
    return memory.release();
  }
  const held = new Spool('the output');
  try {
    await write(held.sink);
    await memory.release();
    await copyAll(held.source('the output'), standardOutput());
  } finally {
    held.close();
  }
}
