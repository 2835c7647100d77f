import type { ByteSource } from '../../bytes/source.js';
import { layoutToJson } from '../../layout/json.js';
import { hexBytes, hexNumber, text, type JsonValue } from '../../layout/unit.js';
import { extensionToJson } from '../../linux-cr/extension-document.js';
import { decodeDescriptors } from '../../model/descriptor.js';
import type { RecordDescription } from '../../layout/record.js';
import type { RawBytesItem, StreamItem } from './item.js';
import { PID_ENTRY } from '../tables/task.js';
import type { WalkOptions } from './walk-context.js';
import { walkRecords } from './walker.js';

type Fields = Readonly<Record<string, JsonValue>>;
type FieldsOf<K extends StreamItem['kind']> = (item: Extract<StreamItem, { kind: K }>) => Fields;

const FIELDS: { readonly [K in StreamItem['kind']]: FieldsOf<K> } = {
  struct: ({ parent, layout, fields }) => ({ parent, ...layoutToJson(layout, fields) }),
  text: ({ parent, bytes }) => ({ parent, text: text.toJson(bytes) }),
  opaque: ({ parent, bytes }) => ({ parent, hex: hexBytes(bytes) }),
  pids: ({ entries }) => ({ pids: entries.map((entry) => layoutToJson(PID_ENTRY, entry)) }),
  bytes: describeBytes,
  vaddrs: ({ count, first, last }) => ({ count, first: hexNumber(first), last: hexNumber(last) }),
  pages: ({ count }) => ({ count }),
  extension: extensionToJson,
  trailing: () => ({}),
};

function describeBytes({ name, bytes }: RawBytesItem): Fields {
  if (name === 'raw:xstate') return { hex: hexBytes(bytes) };
  const descriptors = decodeDescriptors(bytes).map(({ index, descriptor }) => ({ index, ...descriptor }));
  return { hex: hexBytes(bytes), descriptors: descriptors.map((entry) => ({ ...entry, base: hexNumber(entry.base) })) };
}

/** An item of a stream in neutral words: addresses and flags as hex strings, enumerations by name. */
export function describeItem(item: StreamItem): RecordDescription {
  const { offset, length, name, path } = item;
  const type = 'type' in item ? item.type : null;
  // the table has a function for each kind, which takes items of that kind
  const fieldsOf = FIELDS[item.kind] as (of: StreamItem) => Fields;
  return { offset, length, type, name, path, fields: fieldsOf(item) };
}

/** All records of a stream with their fields. @throws {FormatError} what walking throws */
export async function* describeRecords(
  source: ByteSource,
  options: WalkOptions = {},
): AsyncGenerator<RecordDescription> {
  for await (const item of walkRecords(source, options)) yield describeItem(item);
}
