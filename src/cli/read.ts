import { UsageError, type MemoryError } from '../format/errors.js';
import { hexNumber } from '../format/layout/unit.js';
import { addressLabels } from '../inspect/space-label.js';
import { isMissing, memoryParts, type MemoryPart } from '../inspect/space-parts.js';
import { openSpaces, spaceOf, type ReadMemoryOptions, type Space } from '../inspect/space.js';
import { readText } from '../inspect/space-text.js';
import { wordsIn, type WordBytes } from '../inspect/space-words.js';
import { BackingFiles } from './backing-files.js';
import { STANDARD_STREAM, readOptions, type Args } from './command.js';
import { printMemoryLines, writeMemory } from './held-output.js';
import { countArgument, pidArgument, rangeArgument } from './memory-arguments.js';
import { warnOfParent } from './missing-parent.js';
import { openMemory, type OpenedMemory } from './open.js';
import { jsonArrayLines } from './output.js';
import { openOutput } from './output-file.js';
import { palette } from './palette.js';
import { addressDigits } from './render/address.js';
import { hexdumpLines } from './render/hexdump.js';
import { memoryElements, textDocument, wordElements } from './render/memory-json.js';
import { printable } from './render/printable.js';
import { wordLines } from './render/words.js';
import type { ByteSink } from '../format/bytes/sink.js';

const DEFAULT_BYTES = 256;
const DEFAULT_TEXT_BYTES = 4096;

const WORDS: Readonly<Record<string, WordBytes>> = { u8: 1, u16: 2, u32: 4, u64: 8 };
const FORMS = ['raw', 'string', ...Object.keys(WORDS)];

/** What a command line asks of memory, and where it goes. */
interface Reading {
  readonly args: Args;
  readonly reference: string;
  readonly json: boolean;
  readonly memory: OpenedMemory;
  readonly space: Space;
  readonly options: ReadMemoryOptions;
}

/** `crit read IMAGE ADDR [LEN]`; what cannot be read is marked, and thrown at the end. */
export async function runRead(args: Args, signal: AbortSignal): Promise<number> {
  const form = formOf(args);
  const reference = String(args['image']);
  const { freeze, vmaType9, json } = readOptions(args);
  const [pid, files] = [pidArgument(args), new BackingFiles()];
  const memory = await openMemory(reference, { freeze, signal, vmaType9, onMissingParent: warnOfParent });
  try {
    const space = spaceOf(openSpaces(memory.map), pid);
    const options = { signal, backing: args['files'] === true ? files.find : undefined };
    const failure = await print({ args, reference, json, memory, space, options }, form);
    if (failure) throw failure;
  } finally {
    await memory.close();
    await files.close();
  }
  return 0;
}

/** The one form that is asked for; undefined for the hexdump. @throws {UsageError} */
function formOf(args: Args): string | undefined {
  const forms = FORMS.filter((form) => args[form] === true);
  const wrong = (what: string): UsageError => new UsageError('BAD_ARGUMENT', { what });
  if (forms.length > 1) throw wrong(`--${forms.join(' and --')} do not go together`);
  const [form] = forms;
  if (form === 'raw' && args['json'] === true) throw wrong('--raw and --json do not go together');
  if (form !== 'raw' && args['output'] !== undefined) throw wrong('-o needs --raw');
  if (args['count'] !== undefined && WORDS[form ?? ''] === undefined)
    throw wrong('--count needs one of --u8, --u16, --u32 and --u64');
  return form;
}

function print(reading: Reading, form: string | undefined): Promise<MemoryError | undefined> {
  if (form === 'raw') return writeRaw(reading);
  if (form === 'string') return printText(reading);
  const wordBytes = WORDS[form ?? ''];
  return wordBytes === undefined ? printDump(reading) : printWords(reading, wordBytes);
}

/** The parts of a range, and the first thing that was missing. */
class WatchedParts {
  failure: MemoryError | undefined;

  async *watch(parts: AsyncIterable<MemoryPart>): AsyncGenerator<MemoryPart> {
    for await (const part of parts) {
      if (isMissing(part)) this.failure ??= part.error;
      yield part;
    }
  }
}

function digitsOf(space: Space): number {
  return addressDigits(space.areas.map(({ vm_end }) => hexNumber(vm_end)));
}

async function printDump({ args, reference, json, memory, space, options }: Reading): Promise<MemoryError | undefined> {
  const range = rangeArgument(args, space, countArgument(args, 'length') ?? DEFAULT_BYTES);
  const watched = new WatchedParts();
  const parts = watched.watch(memoryParts(space, range, options));
  const lines = json
    ? jsonArrayLines(memoryElements(parts))
    : hexdumpLines(parts, digitsOf(space), await palette('stdout'));
  await printMemoryLines(lines, reference, memory);
  return watched.failure;
}

async function printWords(reading: Reading, wordBytes: WordBytes): Promise<MemoryError | undefined> {
  const { args, reference, json, memory, space, options } = reading;
  const count = countArgument(args, 'count');
  const length = count === undefined ? (countArgument(args, 'length') ?? DEFAULT_BYTES) : count * wordBytes;
  const range = rangeArgument(args, space, length);
  const watched = new WatchedParts();
  const words = wordsIn(watched.watch(memoryParts(space, range, options)), range.start, wordBytes);
  const label = wordBytes === memory.map.format.wordBytes ? addressLabels(space) : undefined;
  const lines = json
    ? jsonArrayLines(wordElements(words, label))
    : wordLines(words, { wordBytes, digits: digitsOf(space), label }, await palette('stdout'));
  await printMemoryLines(lines, reference, memory);
  return watched.failure;
}

async function printText({ args, reference, json, memory, space, options }: Reading): Promise<MemoryError | undefined> {
  const { start, end } = rangeArgument(args, space, countArgument(args, 'length') ?? DEFAULT_TEXT_BYTES);
  const found = await readText(space, start, Number(end - start), options);
  const line = json ? JSON.stringify(textDocument(found), undefined, 2) : printable(found.text);
  await printMemoryLines([line], reference, memory);
  return found.error;
}

async function writeRaw({ args, reference, memory, space, options }: Reading): Promise<undefined> {
  const range = rangeArgument(args, space, countArgument(args, 'length') ?? DEFAULT_BYTES);
  const write = async (sink: ByteSink): Promise<void> => {
    for await (const part of memoryParts(space, range, options)) {
      if (isMissing(part)) throw part.error;
      await sink.write(part.bytes);
    }
  };
  const output = args['output'];
  if (typeof output !== 'string' || output === STANDARD_STREAM) {
    await writeMemory(write, reference, memory);
    return undefined;
  }
  const sink = openOutput(output);
  try {
    await write(sink);
    await memory.release();
    await sink.commit();
  } catch (error) {
    await sink.abort();
    throw error;
  }
  return undefined;
}
