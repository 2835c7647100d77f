// binary-parser's types are only found on its CommonJS file
import { Parser } from 'binary-parser/dist/binary_parser.js';
import { FormatError, type At } from '../errors.js';
import type { Field, FieldRow, Layout, RecordOf } from './layout.js';
import type { FieldValue } from './unit.js';

type Add = (parser: Parser, field: Field) => Parser;

const copyBytes = (part: Uint8Array): Uint8Array => Uint8Array.from(part);
// a gap that an ABI has no need of is empty, and binary-parser refuses to read nothing
const addBytes: Add = (parser, field) =>
  field.size === 0 ? parser : parser.buffer(field.name, { length: field.size, formatter: copyBytes });

const ADD: Readonly<Record<Field['type']['kind'], Add>> = {
  u8: (parser, field) => parser.uint8(field.name),
  u16: (parser, field) => parser.uint16le(field.name),
  u32: (parser, field) => parser.uint32le(field.name),
  u64: (parser, field) => parser.uint64le(field.name),
  s16: (parser, field) => parser.int16le(field.name),
  s32: (parser, field) => parser.int32le(field.name),
  s64: (parser, field) => parser.int64le(field.name),
  bytes: addBytes,
  gap: addBytes,
};

const compiled = new WeakMap<Layout, Parser>();

function parserOf(layout: Layout): Parser {
  let parser = compiled.get(layout);
  if (!parser) {
    const record = layout.fields.reduce((chain, field) => ADD[field.type.kind](chain, field), new Parser());
    // nested: binary-parser deletes a member of its outermost result, which would make the record a slow dictionary
    parser = new Parser().nest('record', { type: record });
    compiled.set(layout, parser);
  }
  return parser;
}

/**
 * Decodes one struct.
 *
 * @param bytes  at least `layout.size` bytes; nothing in the result refers to them
 * @param at     offset and path of the struct, for errors
 * @throws {FormatError} `TRUNCATED`
 */
export function decodeLayout<Rows extends readonly FieldRow[]>(
  layout: Layout<Rows>,
  bytes: Uint8Array,
  at: At,
): RecordOf<Layout<Rows>> {
  // checked first: binary-parser hands back a short `buffer` field in silence
  if (bytes.length < layout.size) {
    throw new FormatError('TRUNCATED', {
      at,
      what: `${layout.name} length`,
      expected: layout.size,
      actual: bytes.length,
    });
  }
  const result = parserOf(layout).parse(bytes) as { record: Record<string, FieldValue> };
  // the parser was built from the same table that the type is inferred from
  return result.record as RecordOf<Layout<Rows>>;
}
