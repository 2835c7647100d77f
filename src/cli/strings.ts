import { hexNumber } from '../format/layout/unit.js';
import { STRING_ENCODINGS, stringsIn, type StringEncoding, type StringMatch } from '../inspect/search/strings.js';
import { readOptions, type Args } from './command.js';
import { printMemoryLines } from './held-output.js';
import { countArgument } from './memory-arguments.js';
import { withMemory } from './memory-search.js';
import { jsonArrayLines } from './output.js';
import { palette } from './palette.js';
import { addressDigits } from './render/address.js';
import { stringElement, stringLines } from './render/strings.js';

/** `crit strings IMAGE`. */
export async function runStrings(args: Args, signal: AbortSignal): Promise<number> {
  const minCharacters = countArgument(args, 'min');
  return withMemory(args, signal, async ({ memory, options }) => {
    const { spaces } = memory.map;
    const found = stringsIn(memory.map, { ...options, encoding: encodingArgument(args), minCharacters });
    const digits = addressDigits(spaces.flatMap(({ areas }) => areas.map(({ vm_end }) => hexNumber(vm_end))));
    const lines = readOptions(args).json
      ? jsonArrayLines(elements(found))
      : stringLines(found, { digits, hasPids: spaces.length > 1 }, await palette('stdout'));
    await printMemoryLines(lines, String(args['image']), memory);
    return 0;
  });
}

function encodingArgument(args: Args): StringEncoding | undefined {
  const given = args['encoding'];
  // yargs has checked it against its choices
  return Object.keys(STRING_ENCODINGS).find((name): name is StringEncoding => name === given);
}

async function* elements(found: AsyncIterable<StringMatch>): AsyncGenerator<object> {
  for await (const match of found) yield stringElement(match);
}
