import type { ByteSource } from '../../bytes/source.js';
import { layoutToJson } from '../../layout/json.js';
import type { AnyRecord, Layout } from '../../layout/layout.js';
import type { RecordDescription } from '../../layout/record.js';
import { hexBytes, hexNumber, jsonInteger, text, type JsonValue } from '../../layout/unit.js';
import { extensionToJson } from '../../linux-cr/extension-document.js';
import type { RecordItem, Role, StreamItem } from './item.js';
import { pidObjectsIn } from './tree-walk.js';
import type { WalkOptions } from './walk-context.js';
import { walkRecords } from './walker.js';

type Fields = Readonly<Record<string, JsonValue>>;
type FieldsOf<K extends StreamItem['kind']> = (item: Extract<StreamItem, { kind: K }>) => Fields;

/** Longer payloads are told by their length: nobody reads them as hex. */
const MAX_HEX_BYTES = 64 * 1024;

const FIELDS: { readonly [K in StreamItem['kind']]: FieldsOf<K> } = {
  record: describeRecord,
  pages: ({ count, first, last, isIndexed }) => ({
    role: 'pages',
    count,
    first: isIndexed ? jsonInteger(first) : hexNumber(first),
    last: isIndexed ? jsonInteger(last) : hexNumber(last),
  }),
  raw: ({ bytes }) => describeBytes(bytes),
  framed: () => ({}),
  lost: () => ({}),
  extension: extensionToJson,
  trailing: () => ({}),
};

const TEXT_ROLES: ReadonlySet<Role | undefined> = new Set([
  'release',
  'version',
  'machine',
  'lsm_name',
  'comm',
  'error',
]);
const TEXT_RECORDS: ReadonlySet<string> = new Set(['STRING', 'FILE_NAME']);

function describeRecord(item: RecordItem): Fields {
  const { role, layout, fields, elements, elementLayout } = item;
  return {
    ...(role !== undefined && { role }),
    ...(layout && layoutToJson(layout, fields)),
    ...(elementLayout && describeElements(elementLayout, elements)),
    ...describeTail(item),
  };
}

/** An array under the name that its layout has; elements of one member as that member alone. */
function describeElements(layout: Layout, elements: readonly AnyRecord[]): Fields {
  const [only, ...others] = layout.fields;
  const list = elements.map((element): JsonValue => {
    const json = layoutToJson(layout, element);
    return only && others.length === 0 ? (json[only.name] ?? null) : json;
  });
  return { [layout.name.replace('[]', '')]: list };
}

function describeTail({ role, name, bytes }: RecordItem): Fields {
  if (TEXT_ROLES.has(role) || TEXT_RECORDS.has(name)) return bytes.length > 0 ? { text: text.toJson(bytes) } : {};
  if (role === 'pid_objects') return { pids: pidObjectsIn(bytes) ?? hexBytes(bytes) };
  return bytes.length > 0 ? describeBytes(bytes) : {};
}

function describeBytes(bytes: Uint8Array): Fields {
  return bytes.length > MAX_HEX_BYTES ? { size: bytes.length } : { hex: hexBytes(bytes) };
}

/** An item of a stream in neutral words: addresses and flags as hex strings, enumerations by name. */
export function describeItem(item: StreamItem): RecordDescription {
  const { offset, length, name, path } = item;
  const type = 'type' in item ? item.type : null;
  // the table has a function for each kind, which takes items of that kind
  const fieldsOf = FIELDS[item.kind] as (of: StreamItem) => Fields;
  return { offset, length, type, name, path, fields: fieldsOf(item) };
}

/**
 * All records of a stream with their fields; of an image of another architecture their names and places alone.
 *
 * @throws {FormatError} what walking throws
 */
export async function* describeRecords(
  source: ByteSource,
  options: WalkOptions = {},
): AsyncGenerator<RecordDescription> {
  for await (const item of walkRecords(source, options)) yield describeItem(item);
}
