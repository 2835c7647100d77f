import { encodeRecords } from '../convert/encode.js';
import { readDocument } from '../convert/read-document.js';
import { createFile, openFile } from '../format/bytes/file.js';
import { STANDARD_STREAM, type Args } from './command.js';
import { failureText } from './failure.js';
import { namedInput } from './named-input.js';
import { openSource } from './open.js';
import { standardOutput } from './output.js';

interface EncodeArgs {
  readonly output: string;
  readonly pages: string | undefined;
  readonly force: boolean;
}

/** `crit encode DOCUMENT -o IMAGE` */
export async function runEncode(given: Args, signal: AbortSignal): Promise<number> {
  // yargs looked at the kinds
  const { output, pages, force } = given as unknown as EncodeArgs;
  const source = await openSource(namedInput(given, 'document'), signal);
  const side = pages === undefined ? undefined : openFile(pages);
  try {
    const document = await readDocument(source);
    const sink = output === STANDARD_STREAM ? standardOutput() : createFile(output);
    const { fault } = await encodeRecords(document, sink, { pages: side, isForced: force, signal });
    if (fault) process.stderr.write(`${failureText(fault) ?? ''}\ncrit: written all the same\n`);
  } finally {
    await side?.close();
    await source.close();
  }
  return 0;
}
