import { INLINE_CREW } from '../format/bytes/inline-crew.js';
import { PAGE_BYTES } from '../format/model/page.js';
import { parseAddress } from '../inspect/address-spec.js';
import { openSpaces, spaceOf, type Space } from '../inspect/space.js';
import { explainAddress, type AddressFacts } from '../inspect/why.js';
import { describeAddress } from '../inspect/why-description.js';
import { findPlaces, type AddressPlaces } from '../inspect/why-places.js';
import { readOptions, type Args } from './command.js';
import { countArgument, pidArgument } from './memory-arguments.js';
import { openMemory, type OpenedMemory } from './open.js';
import { printJson, printLines } from './output.js';
import { palette } from './palette.js';
import { Progress } from './progress.js';
import { whyLines } from './render/why.js';
import type { Crew } from '../format/bytes/crew.js';

/** Less than this is looked through before threads have started. */
const THREADS_PAY_BYTES = 64 * 1024 * 1024;

/** `crit why IMAGE ADDR` */
export async function runWhy(args: Args, signal: AbortSignal): Promise<number> {
  const { freeze, vmaType9, json } = readOptions(args);
  const pid = pidArgument(args);
  const limit = countArgument(args, 'limit');
  const memory = await openMemory(String(args['image']), { freeze, signal, vmaType9 });
  try {
    const spaces = openSpaces(memory.map);
    const space = spaceOf(spaces, pid);
    // the table of commands makes it a string
    const facts = await explainAddress(space, parseAddress(args['address'] as string, space));
    const places = args['scan'] === false ? undefined : await scan(memory, spaces, facts, { limit, signal });
    // what follows may wait for a slow reader: nobody shall stand still for that
    await memory.release();
    const description = describeAddress(facts, places);
    await (json ? printJson(description) : printLines(whyLines(description, await palette('stdout'))));
  } finally {
    await memory.close();
  }
  return 0;
}

async function crewFor(spaces: readonly Space[]): Promise<Crew> {
  const pages = spaces.flatMap(({ areas }) => areas.map((area) => area.pages.totalPages));
  const isLarge = pages.reduce((sum, count) => sum + count, 0) * PAGE_BYTES >= THREADS_PAY_BYTES;
  return isLarge ? (await import('../workers/crew.js')).startCrew() : INLINE_CREW;
}

async function scan(
  memory: OpenedMemory,
  spaces: readonly Space[],
  facts: AddressFacts,
  options: { readonly limit: number | undefined; readonly signal: AbortSignal },
): Promise<AddressPlaces> {
  const progress = new Progress('looking through memory');
  const crew = await crewFor(spaces);
  try {
    const onProgress = (done: number, total: number): void => {
      progress.show(done, total);
    };
    return await findPlaces(memory.map, spaces, facts, crew, { ...options, onProgress });
  } finally {
    await crew.close();
    progress.done();
  }
}
