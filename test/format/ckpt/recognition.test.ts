import { describe, expect, test } from 'vitest';
import { MemorySink, MemorySource } from '../../../src/format/bytes/memory.js';
import { reencode } from '../../../src/format/ckpt/write/reencode.js';
import { REVISIONS, type CkptRevision } from '../../../src/format/ckpt/tables/revision.js';
import type { Image } from '../../../src/format/model/image.js';
import { readImage } from '../../../src/format/registry.js';
import { oneTask, type CkptBuilder, type OneTask } from '../../support/ckpt-stream.js';

const CASES = REVISIONS.flatMap((revision) =>
  ([4, 8] as const)
    .filter((wordBytes) => wordBytes === 4 || revision.archIds['X86_64'] !== undefined)
    .map((wordBytes) => [revision.name, wordBytes, revision] as const),
);

function read(revision: CkptRevision, wordBytes: 4 | 8, options: OneTask = {}): Promise<Image> {
  return readImage(new MemorySource(oneTask(revision, wordBytes, options)));
}

function named(name: string): CkptRevision {
  const revision = REVISIONS.find((one) => one.name === name);
  if (!revision) throw new Error(name);
  return revision;
}

describe.each(CASES)('%s of %i-byte words', (name, wordBytes, revision) => {
  test('is told from all others', async () => {
    const { format } = await read(revision, wordBytes);
    expect([format.revision, format.wordBytes, format.covers]).toEqual([name, wordBytes, revision.covers]);
    expect(format.decidedBy.join()).not.toContain('nothing tells');
  });

  test('gives its task and pages', async () => {
    const { tasks, header } = await read(revision, wordBytes);
    expect(tasks).toHaveLength(1);
    expect(tasks[0]).toMatchObject({ pid: 7, tgid: 7, ppid: 1, pgid: 7, sid: 7, exitSignal: 17, files: [] });
    expect(tasks[0]?.threads[0]).toMatchObject({ tid: 7, comm: 'one', kernel: undefined });
    const pages = tasks[0]?.mm?.vmas[0]?.pages;
    expect([...(pages?.vpn ?? [])]).toEqual([0x11, 0x13]);
    expect(header.uname.release).toBe('2.6.30');
    expect(header.container).toBeUndefined();
  });

  test('is the same bytes when encoded again', async () => {
    const bytes = oneTask(revision, wordBytes);
    const sink = new MemorySink();
    await reencode(new MemorySource(bytes), sink);
    expect(Buffer.compare(sink.bytes(), bytes)).toBe(0);
  });
});

test.each(REVISIONS.filter(({ hasZombies }) => hasZombies).map((revision) => [revision.name, revision] as const))(
  'a zombie of %s ends behind its name',
  async (_, revision) => {
    const { tasks } = await read(revision, 4, { isZombie: true });
    expect(tasks[0]).toMatchObject({ exitState: 16, mm: undefined, files: [] });
  },
);

test('where nothing tells two revisions apart the newest is taken, and that is said', async () => {
  const { format } = await read(named('v23'), 8, { isZombie: true });
  expect(format.revision).toBe('v23');
  expect(format.decidedBy).toContain('nothing tells v23-pids from v23: newest');
});

test('x86_64 had another number in December 2009, and its number was that of s390x before', async () => {
  expect((await read(named('v19-rc1'), 8)).format.wordBytes).toBe(8);
  await expect(read(named('v18'), 4, { head: { arch_id: 2 } })).rejects.toThrow('S390X');
});

describe('what only early revisions have', () => {
  const withPipe = (stream: CkptBuilder): void => {
    stream.object('FILE_TABLE', 11).record('FILE_TABLE', { fdt_nfds: 1 });
    stream.object('FILE', 21).record('FILE', { f_type: 2, pipe_objref: 22 });
    stream.record('FILE_PIPE', { pipe_len: 5 }).raw(new Uint8Array(Buffer.from('hello')));
    stream.record('FILE_DESC', { fd_objref: 21, fd_descriptor: 3 });
  };

  test.each(['v16', 'v17'])('pipe contents of %s have no header, and are kept', async (name) => {
    const options = { sections: { files: withPipe } };
    const { tasks } = await read(named(name), 4, options);
    const [file] = tasks[0]?.files ?? [];
    expect(file?.file).toMatchObject({ type: 'pipe', name: 'pipe:[22]' });
    expect(file?.file.kernel?.after).toMatchObject([
      { name: 'PIPE_BUF', payload: new Uint8Array(Buffer.from('hello')) },
    ]);
    const bytes = oneTask(named(name), 4, options);
    const sink = new MemorySink();
    await reencode(new MemorySource(bytes), sink);
    expect(Buffer.compare(sink.bytes(), bytes)).toBe(0);
  });

  test('v16 keeps TLS in a record of its own', async () => {
    const tls = Uint8Array.from({ length: 24 }, (_, i) => i + 1);
    const { tasks } = await read(named('v16'), 4, {
      sections: {
        THREAD: (stream) => {
          stream.record('THREAD', { gdt_entry_tls_entries: 3, sizeof_tls_array: 24, ntls: 1 });
          stream.record('THREAD_TLS', {}, tls);
        },
      },
    });
    expect(tasks[0]?.threads[0].tls).toEqual(tls);
  });
});

test('records of unknown types are carried, and noted up to a number', async () => {
  const creds = (stream: CkptBuilder): void => {
    stream.object('USER_NS', 31).record('USER_NS');
    for (let i = 0; i < 40; i++) stream.strange(8000 + i, Uint8Array.of(i));
    stream.record('TASK_CREDS');
  };
  const { tasks, notes } = await read(named('v21'), 8, { sections: { creds } });
  expect(tasks[0]?.threads[0].kernel?.sections.creds).toHaveLength(43);
  const guesses = notes.filter(({ code, at }) => code === 'GUESSED' && at.path !== 'head');
  expect(guesses).toHaveLength(16);
  expect(notes.map(({ message }) => message)).toContain('24 more: records of unknown types');
});
