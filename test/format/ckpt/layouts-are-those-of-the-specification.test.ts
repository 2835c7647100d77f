import { describe, expect, test } from 'vitest';
import { EPOLL_ITEM } from '../../../src/format/ckpt/tables/files.js';
import { CKPT_HDR } from '../../../src/format/ckpt/tables/record.js';
import type { RecordName } from '../../../src/format/ckpt/tables/names.js';
import { REVISIONS, type CkptRevision } from '../../../src/format/ckpt/tables/revision.js';
import type { Layout } from '../../../src/format/layout/layout.js';
import { SPEC_STRUCTS, type SpecStruct } from './spec-tables.js';

const HELD_APART: Readonly<Record<string, (revision: CkptRevision) => Layout>> = {
  'element:pids': ({ pids }) => pids,
  'element:EPOLL_ITEM': () => EPOLL_ITEM,
};

function elementLayouts(revision: CkptRevision, name: string): readonly Layout[] {
  const tail = revision.shapes[name as RecordName]?.tail;
  return tail?.kind === 'elements' ? [tail.layout] : [];
}

/** Every layout that a revision has under a name of the table. */
function layoutsCalled(revision: CkptRevision, record: string): readonly Layout[] {
  const apart = HELD_APART[record];
  if (apart) return [apart(revision)];
  const [kind = '', rest] = record.split(':');
  if (kind === 'element') return elementLayouts(revision, rest ?? '');
  const shape = revision.shapes[kind as RecordName];
  if (rest === undefined) return shape?.layouts ?? [];
  const chosen = shape?.chosenBy?.layouts[Number(rest)];
  return chosen ? [chosen] : [];
}

function headerBytes(record: string): number {
  return record.startsWith('element:') ? 0 : CKPT_HDR.size;
}

function membersOf(layout: Layout, { record, members }: SpecStruct): string[] {
  const typed = new Map(members.map((member) => [member.split('@')[0], member.includes(':')]));
  return layout.fields
    .filter(({ type, name }) => type.kind !== 'gap' && name !== 'perms_h')
    .map(({ name, offset, type }) => {
      const place = `${name}@${String(offset + headerBytes(record))}`;
      return typed.get(name) === true ? `${place}:${type.name}` : place;
    });
}

const CASES = SPEC_STRUCTS.flatMap((struct) =>
  struct.revisions.map((revision) => ({ revision, struct, title: `${revision.name} ${struct.record} ${struct.size}` })),
);

test.each(CASES)('$title: members lie where the specification has them', ({ revision, struct }) => {
  const sizes = layoutsCalled(revision, struct.record).map(({ size }) => size + headerBytes(struct.record));
  expect(sizes).toContain(struct.size);
  const layout = layoutsCalled(revision, struct.record)[sizes.indexOf(struct.size)];
  expect(layout && membersOf(layout, struct)).toEqual(struct.members);
});

/** Names of the table with the sizes of what a revision has under them. */
function sizesIn(revision: CkptRevision): string[] {
  const shapes = Object.entries(revision.shapes);
  const names = shapes.flatMap(([name, { chosenBy }]) => [
    name,
    `element:${name}`,
    ...Object.keys(chosenBy?.layouts ?? {}).map((value) => `${name}:${value}`),
  ]);
  return names
    .flatMap((name) => layoutsCalled(revision, name).map(({ size }) => `${name} ${size + headerBytes(name)}`))
    .sort();
}

describe.each(REVISIONS)('$name', (revision) => {
  test('has no struct but those of the specification', () => {
    const expected = SPEC_STRUCTS.filter(
      ({ revisions, record }) => revisions.includes(revision) && !(record in HELD_APART),
    ).map(({ record, size }) => `${record} ${size}`);
    expect(sizesIn(revision)).toEqual(expected.sort());
  });

  test('has a payload for each record that has a number, and for no other', () => {
    expect(Object.keys(revision.shapes).sort()).toEqual(Object.keys(revision.types).sort());
  });
});

test('FS is a header alone up to v22', () => {
  const empty = REVISIONS.filter(({ shapes }) => shapes.FS?.layouts.length === 0).map(({ name }) => name);
  expect(empty).toEqual(['v19-rc3', 'v19', 'v20-pidns', 'v21']);
});
