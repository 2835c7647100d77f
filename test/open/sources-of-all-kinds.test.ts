import * as fs from 'node:fs';
import * as path from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { openFile } from '../../src/format/bytes/file.js';
import { MemorySource } from '../../src/format/bytes/memory.js';
import { FormatError } from '../../src/format/errors.js';
import type { ByteSource } from '../../src/format/bytes/source.js';
import { readImage, readRecords } from '../../src/format/registry.js';
import { describeImage } from '../../src/inspect/describe.js';
import { verifyImage } from '../../src/inspect/verify.js';
import { openSource } from '../../src/open/open-source.js';
import { GOLDEN, goldenBytes, goldenNames } from '../support/golden.js';
import { startRangeServer } from '../support/range-server.js';

const NAMES = [...goldenNames('cr'), ...goldenNames('ckpt')];
const BAD = fs.readdirSync(path.join(GOLDEN, 'bad')).filter((name) => name.endsWith('.img'));

test.each(NAMES)('%s is the same image by path, file URL, HTTP URL, Blob, bytes and source', async (name) => {
  const file = path.join(GOLDEN, `${name}.img`);
  const server = await startRangeServer(file);
  const bytes = goldenBytes(name);
  const kinds = [file, pathToFileURL(file), server.url, new URL(server.url), new Blob([bytes]), bytes];
  const expected = await describe(openFile(file));
  for (const kind of [...kinds, new MemorySource(bytes)])
    expect(await describe(await openSource(kind))).toEqual(expected);
});

/** What there is to say of an image but its name, with all of its contents read. */
async function describe(source: ByteSource): Promise<unknown> {
  const records: unknown[] = [];
  for await (const record of readRecords(source)) records.push(record);
  const image = await readImage(source);
  const contents = new Uint8Array(source.size);
  await source.read(0, contents);
  const { name: _, ...rest } = describeImage(image);
  // which closes it
  const { findings } = await verifyImage('it', (options) => readImage(source, options));
  return { rest, records, findings, contents };
}

test.each(BAD)('bad/%s fails behind HTTP as it does on disk', async (name) => {
  const file = path.join(GOLDEN, 'bad', name);
  const server = await startRangeServer(file);
  const failure = async (where: string): Promise<unknown> => {
    const error: unknown = await readImage(await openSource(where)).catch((reason: unknown) => reason);
    if (!(error instanceof FormatError)) return 'none';
    return [error.code, error.offset, error.path, error.message.replaceAll(where, 'it')];
  };
  expect(await failure(server.url)).toEqual(await failure(file));
});

test('a source keeps the name that it is given', async () => {
  const file = path.join(GOLDEN, 'tiny-v11.img');
  expect((await openSource(file, { name: 'mine' })).name).toBe('mine');
  expect((await openSource(new Uint8Array(3), { name: 'mine' })).name).toBe('mine');
  expect((await openSource(file)).name).toBe(file);
});

test('a path that only looks like a URL is a path', async () => {
  await expect(openSource('./http://nowhere')).rejects.toMatchObject({ code: 'READ_FAILED' });
  await expect(openSource(new URL('ftp://nowhere/'))).rejects.toMatchObject({ code: 'BAD_ARGUMENT' });
});
