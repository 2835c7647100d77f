import type { ByteSink } from '../../bytes/sink.js';
import type { ByteSource } from '../../bytes/source.js';
import { BufferedWriter, type CopyOptions } from '../../bytes/writer.js';
import { encodeLayoutInto } from '../../layout/encode.js';
import type { PidsItem, StreamItem } from '../read/item.js';
import { encodeHeader, encodeStruct } from './record-writer.js';
import { PID_ENTRY } from '../tables/task.js';
import type { WalkOptions } from '../read/walk-context.js';
import { walkRecords } from '../read/walker.js';

type ReencodeOptions = CopyOptions & Pick<WalkOptions, 'revisions'>;

/**
 * Decodes a stream record by record and encodes it again from what was decoded, padding and trailing bytes included:
 * the result is the same bytes. Addresses and page contents are copied.
 *
 * @param source  must be seekable
 * @throws {FormatError} what walking throws
 */
export async function reencode(source: ByteSource, sink: ByteSink, options: ReencodeOptions = {}): Promise<void> {
  const out = new BufferedWriter(sink, options);
  for await (const item of walkRecords(source, { revisions: options.revisions })) {
    if (item.kind === 'vaddrs' || item.kind === 'pages' || item.kind === 'trailing')
      await out.copyContents(source, item.offset, item.length);
    else encodeItem(out, item);
    await out.settle();
  }
  await out.flush();
}

type DecodedItem = Extract<StreamItem, { kind: 'struct' | 'text' | 'opaque' | 'extension' | 'bytes' | 'pids' }>;

function encodeItem(out: BufferedWriter, item: DecodedItem): void {
  if (item.kind === 'struct') encodeStruct(out, item.type, item.parent, item.layout, item.fields);
  else if (item.kind === 'pids') encodePids(out, item);
  else {
    if (item.kind !== 'bytes') encodeHeader(out, item.type, item.bytes.length, item.parent ?? 0);
    out.add(item.bytes);
  }
}

function encodePids(out: BufferedWriter, { entries, length }: PidsItem): void {
  const bytes = out.reserve(length);
  entries.forEach((entry, i) => {
    encodeLayoutInto(PID_ENTRY, entry, bytes, i * PID_ENTRY.size);
  });
}
