import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { spawn } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { openFile } from '../../../src/format/bytes/file.js';
import { MemorySource } from '../../../src/format/bytes/memory.js';
import { PipeSource } from '../../../src/format/bytes/pipe.js';
import { REVISIONS } from '../../../src/format/cr/tables/revision.js';
import { FormatError } from '../../../src/format/errors.js';
import { probe, readImage } from '../../../src/format/registry.js';
import { goldenBytes, goldenNames } from '../../support/golden.js';
import { oneAnonVma } from '../../support/stream.js';

const FEW = [{ header: 3, count: 3 }];

test.each(REVISIONS.map((revision) => [revision.name, revision] as const))(
  '%s is recognised',
  async (name, revision) => {
    const bytes = oneAnonVma({ wordBytes: 8, pages: 4, chunks: FEW, revision });
    const { format, tasks } = await readImage(new MemorySource(bytes));
    expect(format.revision).toBe(name);
    expect(tasks[0]?.pid).toBe(77);
    expect(format.decidedBy).toContain(`rev ${String(revision.headRevs[0])}`);
  },
);

describe('the word size of a machine that nobody knows', () => {
  const sizeOf = async (options: Parameters<typeof oneAnonVma>[0]): Promise<unknown> => {
    const { format } = await readImage(new MemorySource(oneAnonVma({ machine: 'vax', ...options })));
    return [format.wordBytes, format.decidedBy.at(-1)];
  };

  test('is told by where the chunk after the first one starts', async () => {
    const why = 'a PGARR follows the first chunk';
    expect(await sizeOf({ wordBytes: 4, pages: 4, chunks: FEW })).toEqual([4, `${why}: 32-bit`]);
    expect(await sizeOf({ wordBytes: 8, pages: 4, chunks: FEW })).toEqual([8, `${why}: 64-bit`]);
  });

  test('is 32 bits where nothing tells', async () => {
    expect(await sizeOf({ wordBytes: 4, pages: 4, chunks: [] })).toEqual([4, 'nothing says 64-bit']);
  });
});

describe('in a pipe', () => {
  async function throughPipe(bytes: Uint8Array): Promise<Awaited<ReturnType<typeof readImage>>> {
    const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'crit-pipe-'));
    const fifo = path.join(directory, 'fifo');
    const whole = path.join(directory, 'whole');
    fs.writeFileSync(whole, bytes);
    spawn('sh', ['-c', `mkfifo ${fifo} && exec cat ${whole} > ${fifo}`]);
    while (!fs.existsSync(fifo)) await new Promise((resolve) => setTimeout(resolve, 1));
    const source = openFile(fifo);
    try {
      expect(source).toBeInstanceOf(PipeSource);
      return await readImage(source);
    } finally {
      fs.rmSync(directory, { recursive: true });
    }
  }

  test.each(goldenNames())('%s reads as from a file', async (name) => {
    const bytes = goldenBytes(name);
    const [piped, direct] = [await throughPipe(bytes), await readImage(new MemorySource(bytes))];
    expect(piped.tasks).toEqual(direct.tasks);
    expect(piped.format).toEqual(direct.format);
  });

  test('the word size is told by the addresses', async () => {
    for (const wordBytes of [4, 8] as const) {
      const { format } = await throughPipe(oneAnonVma({ wordBytes, pages: 4, chunks: FEW, machine: 'vax' }));
      expect(format.wordBytes).toBe(wordBytes);
    }
  });

  test('counts that add up are seen', async () => {
    const chunks = [
      { header: 2048, count: 2048 },
      { header: 2060, count: 12 },
      { header: 2060, count: 0 },
    ];
    const image = await throughPipe(oneAnonVma({ wordBytes: 8, pages: 3000, chunks }));
    expect(image.tasks[0]?.mm?.vmas[0]?.pages.totalPages).toBe(2060);
    expect(image.notes.length).toBe(2);
  });

  test('contents that went by cannot be read again', async () => {
    const image = await throughPipe(oneAnonVma({ wordBytes: 8, pages: 5000, chunks: [{ header: 5000, count: 5000 }] }));
    const offset = image.tasks[0]?.mm?.vmas[0]?.pages.offset[0] ?? 0;
    await expect(image.contents.read(offset, new Uint8Array(4096))).rejects.toMatchObject({ code: 'NOT_SEEKABLE' });
  });
});

test('probing says what and why, or nothing', async () => {
  const bytes = goldenBytes('tiny-v11');
  expect(await probe(new MemorySource(bytes))).toEqual({
    family: 'cr',
    certainty: 'sure',
    reason: 'a HEAD record and its magic',
  });
  const [first = 0] = bytes.subarray(8, 9);
  const damaged = bytes.slice().fill(first ^ 1, 8, 9);
  expect(await probe(new MemorySource(damaged))).toMatchObject({ certainty: 'likely' });
  expect(await probe(new MemorySource(new TextEncoder().encode('no image at all')))).toBeUndefined();
});

test('structure that would not fit the budget is refused, not allocated', async () => {
  const scattered = oneAnonVma({ wordBytes: 8, pages: 4000, chunks: [{ header: 1, count: 1 }] });
  await expect(readImage(new MemorySource(scattered), { budgetBytes: 10 })).rejects.toMatchObject({
    code: 'OVER_BUDGET',
  });
  await expect(readImage(new MemorySource(scattered), { budgetBytes: 10 })).rejects.toBeInstanceOf(FormatError);
});

test.each([['of a big-endian machine', [0, 0, 0, 1, 0, 0, 0, 72, 0x00, 0xfe, 0xed, 0x0c, 0xc0, 0xa2, 0xd2, 0x00]]])(
  'a stream %s is told from what is no image',
  async (what, bytes) => {
    const error: unknown = await readImage(new MemorySource(Uint8Array.from(bytes))).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'UNSUPPORTED', exitCode: 3 });
    expect(String(error)).toContain(what);
  },
);

test('an error names the input', async () => {
  const source = new MemorySource(goldenBytes('tiny-v11').slice(0, 500), 'old.img');
  await expect(readImage(source)).rejects.toThrow(/^old\.img/);
  const magic = new MemorySource(goldenBytes('tiny-v11').fill(1, 8, 9), 'old.img');
  await expect(readImage(magic)).rejects.toThrow('old.img: HEAD.magic is');
});
