import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { GROUP_ID } from '../../../src/format/ckpt/tables/creds.js';
import { EPOLL_ITEM } from '../../../src/format/ckpt/tables/files.js';
import { CKPT_HDR } from '../../../src/format/ckpt/tables/record.js';
import { REVISIONS, type CkptRevision } from '../../../src/format/ckpt/tables/revision.js';
import { PID_NUMBER, PID_OBJECT } from '../../../src/format/ckpt/tables/tree.js';
import { decodeLayout } from '../../../src/format/layout/decode.js';
import { encodeLayoutInto } from '../../../src/format/layout/encode.js';
import { layoutToJson } from '../../../src/format/layout/json.js';
import type { Layout } from '../../../src/format/layout/layout.js';
import { runs } from '../../support/seed.js';

function layoutsOf({ shapes, pids }: CkptRevision): Layout[] {
  const all = Object.values(shapes).flatMap(({ layouts, tail, chosenBy }) => [
    ...layouts,
    ...Object.values(chosenBy?.layouts ?? {}),
    ...(tail.kind === 'elements' ? [tail.layout] : []),
  ]);
  return [...all, pids];
}

const APART: readonly Layout[] = [CKPT_HDR, EPOLL_ITEM, PID_OBJECT, PID_NUMBER, GROUP_ID];
const TABLES = [...new Set([...REVISIONS.flatMap(layoutsOf), ...APART])].map((table) => ({
  title: `${table.name}, ${String(table.size)} bytes, ${table.fields[0]?.name ?? ''}`,
  table,
}));

describe.each(TABLES)('$title', ({ table }) => {
  test('encoding what was decoded gives the same bytes, padding too', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: table.size, maxLength: table.size }), (raw) => {
        const into = new Uint8Array(table.size);
        const record = decodeLayout(table, raw, { offset: 0, path: 'test' });
        encodeLayoutInto(table, record, into, 0);
        expect(into).toEqual(raw);
        expect(Object.keys(layoutToJson(table, record))).toEqual(
          table.fields.filter(({ size }) => size > 0).map(({ name }) => name),
        );
      }),
      runs(30),
    );
  });

  test('its fields tile it, each under a name of its own', () => {
    let end = 0;
    for (const { offset, size } of table.fields) {
      expect(offset).toBe(end);
      end += size;
    }
    expect(end).toBe(table.size);
    expect(new Set(table.fields.map(({ name }) => name)).size).toBe(table.fields.length);
  });
});
