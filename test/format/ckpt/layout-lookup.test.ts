import { describe, expect, test } from 'vitest';
import { referenceOf } from '../../../src/format/ckpt/tables/objref.js';
import type { RecordName } from '../../../src/format/ckpt/tables/names.js';
import {
  REVISIONS,
  WRITABLE,
  layoutOf,
  layoutToWrite,
  type CkptRevision,
} from '../../../src/format/ckpt/tables/revision.js';
import { fieldOf } from '../../../src/format/layout/layout.js';

function named(name: string): CkptRevision {
  const revision = REVISIONS.find((candidate) => candidate.name === name);
  if (!revision) throw new RangeError(name);
  return revision;
}

/** A payload of this length that begins with a u32. */
function payload(length: number, first: number): Uint8Array {
  const bytes = new Uint8Array(length);
  bytes.set(new Uint8Array(Uint32Array.of(first).buffer).subarray(0, length));
  return bytes;
}

describe('the layout that a record is read with', () => {
  test.each<[string, RecordName, number, number, number | undefined]>([
    ['v16', 'FILE', 1, 32, 32],
    ['v16', 'FILE', 2, 40, 40],
    ['v18', 'FILE', 4, 40, 40],
    ['v19-dev', 'FILE', 7, 48, 48],
    ['v23', 'FILE', 3, 48, 48],
    ['v23', 'FILE', 3, 40, 40],
    ['v23', 'FILE', 7, 56, 56],
    ['v23', 'FILE', 2, 56, undefined],
    ['v23', 'FILE', 1, 48, undefined],
    ['v23', 'FILE', 1, 8, undefined],
    ['v18', 'TASK', 0, 64, 64],
    ['v18', 'TASK', 0, 56, 56],
    ['v18', 'TASK', 0, 60, undefined],
    ['v18', 'SIGNAL', 0, 256, 256],
    ['v18', 'SIGPENDING', 2, 16 + 2 * 48, 16],
    ['v18', 'SIGPENDING', 0, 15, undefined],
    ['v18', 'GROUPINFO', 3, 4 + 3 * 4 + 4, 4],
    ['v18', 'STRING', 0, 16, undefined],
    ['v18', 'ERROR', 0, 0, undefined],
    ['v18', 'CONTAINER', 0, 0, undefined],
    ['v21', 'SECURITY', 0, 8, 8],
  ])('%s %s beginning with %i, %i bytes: %s', (name, record, first, length, size) => {
    expect(layoutOf(named(name), record, payload(length, first), length)?.size).toBe(size);
  });

  test('the field that is the type of a file is what its value asks for', () => {
    const names = [2, 4, 5].map((f_type) => layoutOf(named('v21'), 'FILE', payload(48, f_type), 48)?.fields[8]?.name);
    expect(names).toEqual(['pipe_objref', 'sock_objref', 'tty_objref']);
  });

  test('bytes behind the record have no say, and a record that is cut has no layout', () => {
    expect(layoutOf(named('v21'), 'FILE', payload(100, 4), 48)?.name).toBe('FILE SOCKET');
    expect(layoutOf(named('v21'), 'FILE', payload(3, 4), 48)).toBeUndefined();
  });
});

describe('the layout that a record is written with', () => {
  test('TASK is that of the word size, where there are two', () => {
    const offsets = ([4, 8] as const).map((wordBytes) =>
      ['v18', 'v21'].map((name) => {
        const layout = layoutToWrite(named(name), 'TASK', wordBytes, {});
        return layout && fieldOf(layout, 'set_child_tid').offset;
      }),
    );
    expect(offsets).toEqual([
      [20, 40],
      [24, 40],
    ]);
  });

  test('FILE is that of its f_type, also when fields of another revision are still to be filled in', () => {
    const fields = { f_type: 4, f_mode: 3, f_flags: 0, f_pos: 0n, f_version: 0n, f_credref: 0, sock_objref: 1 };
    expect(layoutToWrite(named('v18'), 'FILE', 8, fields)?.name).toBe('FILE SOCKET');
    expect(layoutToWrite(named('v21'), 'FILE', 8, fields)?.name).toBe('FILE SOCKET');
    expect(layoutToWrite(named('v21'), 'FILE', 8, { ...fields, f_type: 1 })?.name).toBe('FILE');
  });

  test('a FIFO that was read without its pipe is written without', () => {
    const fields = { f_type: 3, f_mode: 3, f_flags: 0, f_pos: 0n, f_version: 0n, f_credref: 0, f_secref: 0 };
    expect(layoutToWrite(named('v21'), 'FILE', 8, fields)?.name).toBe('FILE');
  });

  test('SIGNAL is the longest that its fields fill', () => {
    const sizes = [{}, { rlim: new Uint8Array(256) }].map(
      (fields) => layoutToWrite(named('v18'), 'SIGNAL', 8, fields)?.size,
    );
    expect(sizes).toEqual([320, 256]);
  });

  test.each(Object.entries(WRITABLE))('%s: every record with a struct has one', (_, revision) => {
    for (const [name, { layouts }] of Object.entries(revision.shapes)) {
      expect(layoutToWrite(revision, name as RecordName, 8, {})).toBe(layouts[0]);
    }
    expect(layoutToWrite(revision, 'FILE_PIPE', 8, {})?.size).toBe(revision.hasHeaderlessPipe ? 8 : undefined);
  });
});

test('fields that name objects say which, and whether it must be there', () => {
  const references = Object.entries(named('v23').shapes).flatMap(([record, { layouts, chosenBy }]) =>
    [...layouts, ...Object.values(chosenBy?.layouts ?? {})]
      .flatMap(({ fields }) => fields)
      .flatMap((field) => {
        const refers = referenceOf(field);
        return refers ? [`${record}.${field.name} ${refers.isStrict ? 'is' : 'may be'} ${refers.object}`] : [];
      }),
  );
  expect(new Set(references.filter((line) => line.includes(' is ')))).toEqual(
    new Set([
      'TASK_NS.ns_objref is NS',
      'TASK_OBJS.files_objref is FILE_TABLE',
      'TASK_OBJS.mm_objref is MM',
      'TASK_OBJS.fs_objref is FS',
      'TASK_OBJS.sem_undo_objref is SEM_UNDO',
      'TASK_OBJS.sighand_objref is SIGHAND',
      'NS.uts_objref is UTS_NS',
      'NS.ipc_objref is IPC_NS',
      'NS.net_objref is NET_NS',
      'USER_NS.creator_ref is USER',
      'CRED.user_ref is USER',
      'CRED.groupinfo_ref is GROUPINFO',
      'USER.userns_ref is USER_NS',
      'TASK_CREDS.cred_ref is CRED',
      'TASK_CREDS.ecred_ref is CRED',
      'FILE_DESC.fd_objref is FILE',
      'MM.exe_objref is FILE',
      'VMA.vma_objref is FILE',
    ]),
  );
  expect(references).toEqual(
    expect.arrayContaining([
      'VMA.ino_objref may be INODE',
      'IPC_SHM.objref may be INODE',
      'FILE.pipe_objref may be INODE',
      'FILE.f_credref may be CRED',
      'TASK_OBJS.signal_objref may be SIGNAL',
    ]),
  );
  expect(references.some((line) => line.startsWith('OBJREF.'))).toBe(false);
});
