import type { ByteSink } from '../../bytes/sink.js';
import type { ByteSource } from '../../bytes/source.js';
import { BufferedWriter, type CopyOptions } from '../../bytes/writer.js';
import { encodeLayoutInto } from '../../layout/encode.js';
import type { RecordItem } from '../read/item.js';
import { CKPT_HDR } from '../tables/record.js';
import { walkRecords } from '../read/walker.js';

/**
 * Decodes a stream record by record and encodes it again from what was decoded, padding and trailing bytes included:
 * the result is the same bytes. Addresses and page contents are copied.
 *
 * @param source  must be seekable
 * @throws {FormatError} what walking throws
 */
export async function reencode(source: ByteSource, sink: ByteSink, options: CopyOptions = {}): Promise<void> {
  const out = new BufferedWriter(sink, options);
  for await (const item of walkRecords(source)) {
    if (item.kind === 'record') encodeRecord(out, item);
    else if (item.kind === 'extension') {
      encodeLayoutInto(CKPT_HDR, { type: item.type, len: item.length }, out.reserve(CKPT_HDR.size), 0);
      out.add(item.bytes);
    } else if (item.kind === 'raw') out.add(item.bytes);
    else await out.copyContents(source, item.offset, item.length);
    await out.settle();
  }
  await out.flush();
}

function encodeRecord(out: BufferedWriter, item: RecordItem): void {
  const { type, length, layout, fields, elements, elementLayout, bytes } = item;
  encodeLayoutInto(CKPT_HDR, { type, len: length }, out.reserve(CKPT_HDR.size), 0);
  if (layout) encodeLayoutInto(layout, fields, out.reserve(layout.size), 0);
  if (elementLayout)
    for (const element of elements) encodeLayoutInto(elementLayout, element, out.reserve(elementLayout.size), 0);
  out.add(bytes);
}
