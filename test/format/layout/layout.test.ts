import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { PID_ENTRY } from '../../../src/format/cr/tables/task.js';
import { CR_HDR } from '../../../src/format/cr/tables/record.js';
import { REVISIONS } from '../../../src/format/cr/tables/revision.js';
import { STRUCTS } from '../../../src/format/cr/tables/structs.js';
import { FormatError } from '../../../src/format/errors.js';
import { decodeLayout } from '../../../src/format/layout/decode.js';
import { encodeLayoutInto } from '../../../src/format/layout/encode.js';
import { bytes, gap, s16, s32, s64, u16, u32, u64, u8 } from '../../../src/format/layout/field.js';
import { jsonToLayout, layoutToJson, type JsonFields } from '../../../src/format/layout/json.js';
import { layout, type AnyRecord, type Field, type Layout } from '../../../src/format/layout/layout.js';
import { count, enumOf, flagsOf, hex, opaque, text } from '../../../src/format/layout/unit.js';
import { runs } from '../../support/seed.js';

const EVERY_TYPE = layout('every_type', [
  ['a', u8, count, ''],
  ['hole1', gap, opaque, ''],
  ['b', u16, count, ''],
  ['c', s16, count, ''],
  ['hole2', gap, opaque, ''],
  ['d', u64, hex, ''],
  ['e', s64, hex, ''],
  ['f', s32, count, ''],
  ['g', u32, count, ''],
  ['h', bytes(5), opaque, ''],
  ['hole3', gap, opaque, ''],
]);

const EVERY_UNIT = layout('every_unit', [
  ['text', bytes(8), text, ''],
  ['kind', s32, enumOf({ ANON: 1, FILE: 2, toString: 3 }), ''],
  ['flags', u32, flagsOf({ READ: 1, WRITE: 2 }), ''],
  ['signed_flags', s64, flagsOf({ READ: 1n }), ''],
  ['signed_hex', s32, hex, ''],
  ['signed_count', s16, count, ''],
  ['hole', gap, opaque, ''],
]);

const TABLES: readonly Layout[] = [
  ...Object.values<Layout>(STRUCTS),
  ...REVISIONS.flatMap(({ layouts }) => Object.values<readonly Layout[]>(layouts).flat()),
  CR_HDR,
  PID_ENTRY,
  EVERY_TYPE,
  EVERY_UNIT,
];
const AT = { offset: 0, path: 'test' };

function valueOf(field: Field): fc.Arbitrary<number | bigint | Uint8Array> {
  const bits = BigInt(field.size * 8);
  if (field.type.kind === 'bytes' || field.type.kind === 'gap') {
    return fc.uint8Array({ minLength: field.size, maxLength: field.size });
  }
  const isSigned = field.type.kind.startsWith('s');
  const [min, max] = isSigned ? [-(1n << (bits - 1n)), (1n << (bits - 1n)) - 1n] : [0n, (1n << bits) - 1n];
  const value = fc.oneof(fc.constantFrom(min, max), fc.bigInt({ min, max }));
  return field.size === 8 ? value : value.map(Number);
}

function recordOf(table: Layout): fc.Arbitrary<AnyRecord> {
  // a gap that the ABI has no need of is not in a record
  const fields = table.fields.filter(({ size }) => size > 0);
  return fc.record(Object.fromEntries(fields.map((field) => [field.name, valueOf(field)])));
}

function encode(table: Layout, record: AnyRecord): Uint8Array {
  const into = new Uint8Array(table.size);
  encodeLayoutInto(table, record, into, 0);
  return into;
}

describe.each(TABLES.map((table) => [table.name, table] as const))('%s', (_, table) => {
  test('decoding what was encoded gives the same record', () => {
    fc.assert(
      fc.property(recordOf(table), (record) => {
        expect(decodeLayout(table, encode(table, record), AT)).toEqual(record);
      }),
      runs(100),
    );
  });

  test('encoding what was decoded gives the same bytes, padding too', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: table.size, maxLength: table.size }), (raw) => {
        expect(encode(table, decodeLayout(table, raw, AT))).toEqual(raw);
      }),
      runs(100),
    );
  });

  test('its JSON, as text, gives back the same record, padding too', () => {
    fc.assert(
      fc.property(recordOf(table), (record) => {
        const json = JSON.parse(JSON.stringify(layoutToJson(table, record))) as JsonFields;
        expect(jsonToLayout(table, json, AT)).toEqual(record);
      }),
      runs(100),
    );
  });

  test('its fields tile it', () => {
    let offset = 0;
    for (const field of table.fields) {
      expect(field.offset).toBe(offset);
      offset += field.size;
    }
    expect(offset).toBe(table.size);
  });

  test('too few bytes are refused with the place', () => {
    const short = new Uint8Array(table.size - 1);
    expect(() => decodeLayout(table, short, { offset: 9, path: 'x' })).toThrow(FormatError);
  });
});

test('sizes are those of the specification', () => {
  const sizes = Object.fromEntries(Object.entries<Layout>(STRUCTS).map(([name, { size }]) => [name, size]));
  expect(sizes).toEqual({
    HEAD: 224,
    HEAD_ARCH: 8,
    TREE: 8,
    TASK: 24,
    MM: 96,
    VMA: 48,
    PGARR: 8,
    MM_CONTEXT: 8,
    FILES: 8,
    FD_ENT: 16,
    FD_DATA: 24,
    THREAD: 8,
    CPU: 272,
    TAIL: 8,
  });
});

test('the C rules decide where fields lie, on both ABIs', () => {
  const rows = [
    ['a', u32, count, ''],
    ['hole', gap, opaque, ''],
    ['b', u64, count, ''],
    ['c', u16, count, ''],
    ['tail', gap, opaque, ''],
  ] as const;
  expect(layout('on64', rows).size).toBe(24);
  expect(layout('on32', rows, { u64Align: 4, aligned: 4 }).fields.map(({ offset, size }) => [offset, size])).toEqual([
    [0, 4],
    [4, 0],
    [4, 8],
    [12, 2],
    [14, 2],
  ]);
});

test('a hole that has no name is refused', () => {
  expect(() =>
    layout('inner', [
      ['a', u8, count, ''],
      ['b', u32, count, ''],
      ['c', u32, count, ''],
    ]),
  ).toThrow(/gap before/);
  expect(() => layout('tail', [['a', u32, count, '']])).toThrow(/gap at its end/);
});

test.each([
  ['too large', { a: 256 }],
  ['negative', { a: -1 }],
  ['no integer', { a: 1.5 }],
  ['of another type', { a: 1n }],
  ['bytes of another length', { h: new Uint8Array(4) }],
  ['missing', { g: undefined }],
])('a value that is %s is refused, and named', (_, change) => {
  const fine = decodeLayout(EVERY_TYPE, new Uint8Array(EVERY_TYPE.size), AT);
  const [field = ''] = Object.keys(change);
  const broken = { ...fine, ...change } as unknown as typeof fine;
  expect(() => {
    encodeLayoutInto(EVERY_TYPE, broken, new Uint8Array(EVERY_TYPE.size), 0);
  }).toThrow(expect.objectContaining({ code: 'BAD_VALUE', path: `every_type.${field}` }));
});

const READ = {
  text: 'crit',
  kind: 'FILE',
  flags: 'READ|WRITE',
  signed_flags: '0x8000000000000001',
  signed_hex: '0xffffffffffffffff',
  signed_count: '-5',
};

test('values may be written as people write them', () => {
  const value = jsonToLayout(EVERY_UNIT, { ...READ, flags: ['WRITE', '0x100', 4] }, AT);
  expect(value).toEqual({
    text: new TextEncoder().encode('crit\0\0\0\0'),
    kind: 2,
    flags: 0x106,
    signed_flags: -(1n << 63n) + 1n,
    signed_hex: -1,
    signed_count: -5,
    hole: new Uint8Array(2),
  });
  expect(jsonToLayout(EVERY_UNIT, { ...READ, flags: 'READ WRITE 0x8' }, AT)['flags']).toBe(11);
  expect(jsonToLayout(EVERY_UNIT, { ...READ, kind: 7, signed_count: '0x10' }, AT)).toMatchObject({
    kind: 7,
    signed_count: 16,
  });
});

test.each<[string, JsonFields]>([
  ['text', { text: 1 }],
  ['text', { text: 'more than 8' }],
  ['text', { text: { hex: '00' } }],
  ['text', { text: { hex: 'zz' } }],
  ['kind', { kind: 'valueOf' }],
  ['kind', { kind: '' }],
  ['flags', { flags: 'EXEC' }],
  ['flags', { flags: [['READ']] }],
  ['flags', { flags: true }],
  ['signed_count', { signed_count: 1.5 }],
  ['signed_count', { signed_count: ' 1' }],
  ['signed_count', { signed_count: '1e3' }],
  ['signed_hex', { signed_hex: { hex: '00' } }],
  ['hole', { hole: '00' }],
  ['hole', { hole: null }],
  ['extra', { extra: 1 }],
])('of JSON, %s is refused as %j, with its path', (name, change) => {
  expect(() => jsonToLayout(EVERY_UNIT, { ...READ, ...change }, { offset: 3, path: 'records[1].fields' })).toThrow(
    expect.objectContaining({ code: 'BAD_VALUE', path: `records[1].fields.${name}` }),
  );
});

test('a layout that JSON names is one alone', () => {
  const named = new Map<string, Layout>();
  for (const table of TABLES) {
    const key = `${table.name} ${String(table.size)}`;
    expect(named.get(key) ?? table).toBe(table);
    named.set(key, table);
  }
});

test('JSON has addresses and flags as hex, enumerations by name, text as text, and bytes that are none as hex', () => {
  const table = layout('shown', [
    ['address', u64, hex, ''],
    ['flags', u64, flagsOf({ READ: 1n }), ''],
    ['kind', u32, enumOf({ ANON: 1 }), ''],
    ['other', u32, enumOf({ ANON: 1 }), ''],
    ['name', bytes(8), text, ''],
    ['odd', bytes(8), text, ''],
    ['big', u64, count, ''],
  ]);
  const name = new TextEncoder().encode('crit\0\0\0\0');
  const odd = new TextEncoder().encode('a\0b\0\0\0\0\0');
  const record = { address: 0x7fffn, flags: 5n, kind: 1, other: 2, name, odd, big: 1n << 60n };
  expect(layoutToJson(table, record)).toEqual({
    address: '0x7fff',
    flags: '0x5',
    kind: 'ANON',
    other: 2,
    name: 'crit',
    odd: { hex: '6100620000000000' },
    big: '1152921504606846976',
  });
});
