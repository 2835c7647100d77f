import { describe, expect, test } from 'vitest';
import { MemorySink, MemorySource } from '../../../src/format/bytes/memory.js';
import { readCr } from '../../../src/format/cr/read/reader.js';
import { reencode } from '../../../src/format/cr/write/reencode.js';
import { REVISIONS, V1, V2, V4, V8, type CrRevision } from '../../../src/format/cr/tables/revision.js';
import { CPU_XSAVE } from '../../../src/format/cr/tables/thread.js';
import { StreamBuilder, oneAnonVma, type OneVma } from '../../support/stream.js';

const ONE = { wordBytes: 4, pages: 5, chunks: [{ header: 3, count: 3 }] } as const;

/** Reads a stream, and looks that decoding and encoding it gives back its bytes. */
async function read(options: OneVma): Promise<Awaited<ReturnType<typeof readCr>>> {
  const bytes = oneAnonVma(options);
  const sink = new MemorySink();
  await reencode(new MemorySource(bytes), sink);
  expect(Buffer.compare(sink.bytes(), bytes)).toBe(0);
  return readCr(new MemorySource(bytes));
}

describe.each(REVISIONS.map((revision) => [revision.name, revision] as const))('%s', (name, revision) => {
  test.each([4, 8] as const)('pages, comm and word size of %i bytes are read', async (wordBytes) => {
    const { tasks, format, contents } = await read({ ...ONE, wordBytes, revision });
    const [pages] = tasks[0]?.mm?.vmas.map((vma) => vma.pages) ?? [];
    expect([format.revision, format.wordBytes, tasks[0]?.threads[0].comm]).toEqual([name, wordBytes, 'one']);
    expect([pages?.count, pages?.totalPages, pages?.vpn[0]]).toEqual([1, 3, 0x8000]);
    const third = new Uint8Array(4096);
    await contents.read((pages?.offset[0] ?? 0) + 2 * third.length, third);
    // the writer of the test put each page's number into it
    expect(new DataView(third.buffer).getFloat64(0, true)).toBe(0x8002);
  });

  test('says what of it is a guess, and that the rest is not', async () => {
    const { notes, format } = await read({ ...ONE, revision });
    const guesses = notes.filter(({ code }) => code === 'GUESSED').map(({ message }) => message);
    expect(guesses.length).toBe(revision.guessed === undefined ? 0 : 1);
    expect(format.decidedBy).toEqual(expect.arrayContaining(guesses));
  });
});

test.each([
  ['v2', V2],
  ['v4', V4],
] as const)('%s: the word size of an unknown machine is told by what follows the list', async (_, revision) => {
  for (const wordBytes of [4, 8] as const) {
    const { format } = await read({ ...ONE, wordBytes, revision, machine: 'vax' });
    expect(format.wordBytes).toBe(wordBytes);
    expect(format.decidedBy.join()).toContain('MM_CONTEXT follows');
  }
});

test('v1 tells its word size by the length of MM', async () => {
  for (const wordBytes of [4, 8] as const) {
    const { format } = await read({ ...ONE, wordBytes, revision: V1 });
    expect(format.decidedBy.join()).toContain(wordBytes === 4 ? 'MM has 96 bytes' : 'MM has 104 bytes');
  }
});

test('a page count that is negative or larger than the mapping is refused at its field', async () => {
  for (const count of [-1, 6]) {
    const bytes = oneAnonVma({ ...ONE, revision: V4 });
    const at = 408;
    expect(bytes[at]).toBe(3);
    new DataView(bytes.buffer).setBigInt64(at, BigInt(count), true);
    await expect(readCr(new MemorySource(bytes))).rejects.toMatchObject({ code: 'LENGTH_OVERRUN', offset: at });
  }
});

describe('the TLS array up to v8', () => {
  const tlsOf = async (tls: Uint8Array): Promise<unknown> => {
    const { tasks, format } = await read({ ...ONE, revision: V8, tls });
    return [tasks[0]?.threads[0].tls.length, format.decidedBy.filter((why) => why.includes('TLS'))];
  };

  test('is taken where it is, and empty where nothing is in it', async () => {
    expect(await tlsOf(new Uint8Array(24).fill(7))).toEqual([24, []]);
    expect(await tlsOf(new Uint8Array(24))).toEqual([0, []]);
  });

  test('is seen to be absent by the CPU record in its place', async () => {
    expect(await tlsOf(new Uint8Array(0))).toEqual([0, ['a CPU follows THREAD: no TLS array']]);
  });

  test('that looks like the header of a CPU record is told by TAIL', async () => {
    const header = new StreamBuilder(V8).opaque('CPU', 77, new Uint8Array(784)).bytes().slice(0, 8);
    const array = new Uint8Array(24);
    array.set(header);
    expect(await tlsOf(array)).toEqual([24, ['a CPU fits with and without, TAIL tells: a TLS array']]);
  });
});

describe('the CPU record up to v8', () => {
  const cpuOf = async (fpu: Uint8Array, used_math: number): Promise<unknown> => {
    const { tasks, header, notes } = await read({ ...ONE, revision: V8, cpu: { ip: 5n, cs: 0x73n, fpu, used_math } });
    const [thread] = tasks[0]?.threads ?? [];
    return [thread?.registers.ip, thread?.xstate.length, header.cpu.xstateBytes, notes.map(({ code }) => code)];
  };

  test('holds 512 or 576 bytes of FPU state, by its length', async () => {
    expect(await cpuOf(new Uint8Array(512), 1)).toEqual([5n, 512, 512, ['GUESSED']]);
    expect(await cpuOf(new Uint8Array(576), 1)).toEqual([5n, 576, 576, ['GUESSED']]);
    expect(await cpuOf(new Uint8Array(512), 0)).toEqual([5n, 0, 512, []]);
    expect(CPU_XSAVE.size).toBe(896);
  });

  test('of another length is kept as bytes, and said to be', async () => {
    const bytes = oneAnonVma({ ...ONE, revision: V8 });
    const cpuAt = bytes.length - 16 - 792;
    const head = bytes.slice(0, cpuAt);
    const strange = new StreamBuilder(V8).opaque('CPU', 77, new Uint8Array(300).fill(9)).bytes();
    const image = new Uint8Array(Buffer.concat([head, strange, bytes.slice(-16)]));
    const { tasks, notes } = await readCr(new MemorySource(image));
    expect(tasks[0]?.threads[0].registers).toEqual({});
    expect(notes).toMatchObject([{ code: 'GUESSED', at: { offset: cpuAt, path: 'task[0].cpu' } }]);
    const sink = new MemorySink();
    await reencode(new MemorySource(image), sink);
    expect(Buffer.compare(sink.bytes(), image)).toBe(0);
  });
});

test('no two revisions have the same numbers, layouts and head', () => {
  const told = (revision: CrRevision): string => {
    const { types, layouts, headRevs } = revision;
    const sizes = Object.entries(layouts).map(([name, own]) => [name, own.map(({ size }) => size)]);
    return JSON.stringify([types, sizes, headRevs[0]]);
  };
  expect(new Set(REVISIONS.map(told)).size).toBe(REVISIONS.length);
});
