import { decodeRecords } from '../convert/decode.js';
import type { DocumentForm } from '../convert/document.js';
import { writeDocument } from '../convert/write-document.js';
import { createFile } from '../format/bytes/file.js';
import type { ByteSink } from '../format/bytes/sink.js';
import { spool } from '../format/bytes/spool.js';
import { UsageError } from '../format/errors.js';
import { STANDARD_STREAM, type Args } from './command.js';
import { namedInput } from './named-input.js';
import { openSource } from './open.js';
import { standardOutput } from './output.js';

interface DecodeArgs {
  readonly output: string | undefined;
  readonly form: DocumentForm;
  readonly isPretty: boolean;
  /** A path, or false where contents are not wanted. */
  readonly pages: string | false | undefined;
}

function readArgs(args: Args): DecodeArgs {
  // yargs looked at the kinds
  const given = args as unknown as Omit<DecodeArgs, 'form' | 'isPretty'> & { format: DocumentForm; pretty: boolean };
  const { output, pages, format: form, pretty: isPretty } = given;
  if (isPretty && form !== 'json')
    throw new UsageError('BAD_ARGUMENT', { what: '--pretty is for JSON, not for msgpack' });
  if (pages === '' || pages === STANDARD_STREAM) throw new UsageError('BAD_ARGUMENT', { what: '--pages wants a file' });
  return { output, form, isPretty, pages };
}

/** `crit decode IMAGE [-o FILE]` */
export async function runDecode(given: Args, signal: AbortSignal): Promise<number> {
  const { output, pages, ...form } = readArgs(given);
  const opened = await openSource(namedInput(given, 'image'), signal);
  const source = opened.isSeekable ? opened : await spool(opened);
  const sinks: ByteSink[] = [];
  try {
    const side = typeof pages === 'string' ? createFile(pages) : undefined;
    if (side) sinks.push(side);
    const document = await decodeRecords(source, { pages: side ?? (pages === false ? 'none' : 'inline'), signal });
    const sink = output === undefined || output === STANDARD_STREAM ? standardOutput() : createFile(output);
    sinks.push(sink);
    await writeDocument(document, sink, { ...form, signal });
    for (const written of sinks) await written.commit();
  } catch (error) {
    for (const written of sinks) await written.abort();
    throw error;
  } finally {
    await source.close();
  }
  return 0;
}
