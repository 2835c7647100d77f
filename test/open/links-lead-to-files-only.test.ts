import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { relinkImage } from '../../src/convert/relink.js';
import { MemorySink, MemorySource } from '../../src/format/bytes/memory.js';
import { MAX_LAYERS, idOf, openChain } from '../../src/open/chain.js';
import { layerFile } from '../../src/open/chain-file.js';
import { anyImage } from '../support/arbitrary-image.js';
import { memoryFile, writeChain, type Files } from '../support/memory-chain.js';
import { scratchDirectory } from '../support/scratch.js';
import { splitImage } from '../support/split-image.js';

/** A chain of `count` images in v11: 0.img, 1.img and so on. */
async function chain(count: number): Promise<{ readonly files: Files; readonly last: string }> {
  const [image] = fc.sample(anyImage(4), { numRuns: 1, seed: 17 });
  if (!image) throw new Error('the generator gave no image');
  const files: Files = new Map();
  return { files, last: await writeChain(splitImage(image, count, 5), 'v11', files) };
}

/** Writes the chain into a directory; `link` replaces that of the last image. */
async function onDisk(count: number, link?: string): Promise<{ readonly directory: string; readonly last: string }> {
  const { files, last } = await chain(count);
  const directory = scratchDirectory();
  for (const [name, bytes] of files) fs.writeFileSync(path.join(directory, name), bytes);
  if (link !== undefined) {
    const id = await idOf(memoryFile(files, '0.img'));
    const sink = new MemorySink();
    const source = new MemorySource(files.get(last) ?? new Uint8Array(0));
    await relinkImage(source, { path: link, id: id ?? new Uint8Array(32) }, sink);
    fs.writeFileSync(path.join(directory, last), sink.bytes());
  }
  return { directory, last: path.join(directory, last) };
}

const NOWHERE = [
  ['a name that is not there', 'nobody.img', 'PARENT_MISSING'],
  ['an absolute path', '/etc/hostname', 'PARENT_MISSING'],
  ['the directory', '.', 'PARENT_MISSING'],
  ['above the root', `${'../'.repeat(60)}dev/null`, 'PARENT_MISSING'],
  ['a device', `${'../'.repeat(60)}dev/zero`, 'PARENT_MISSING'],
  ['a fifo', 'fifo', 'PARENT_MISSING'],
  ['a symbolic link to itself', 'loop', 'PARENT_MISSING'],
  ['a name that is too long', 'x'.repeat(1000), 'PARENT_MISSING'],
  ['something below a file', '0.img/0.img', 'PARENT_MISSING'],
  ['a file that is no image', 'text', 'PARENT_CHANGED'],
  ['an empty file', 'empty', 'PARENT_CHANGED'],
  ['the image itself', '1.img', 'PARENT_LOOP'],
  ['the image itself, by a hard link', 'hard.img', 'PARENT_LOOP'],
  ['the image itself, by a symbolic link', 'soft.img', 'PARENT_LOOP'],
] as const;

test.each(NOWHERE)('a link to %s is told at once', async (_, link, code) => {
  const { directory, last } = await onDisk(2, link);
  const at = (name: string): string => path.join(directory, name);
  spawnSync('mkfifo', [at('fifo')]);
  fs.symlinkSync('loop', at('loop'));
  fs.writeFileSync(at('text'), 'no image\n');
  fs.writeFileSync(at('empty'), '');
  fs.linkSync(last, at('hard.img'));
  fs.symlinkSync('1.img', at('soft.img'));
  const before = fs.readdirSync('/proc/self/fd').length;
  await expect(openChain(layerFile(last))).rejects.toMatchObject({ code, path: 'parent' });
  expect(fs.readdirSync('/proc/self/fd')).toHaveLength(before);
  const part = await openChain(layerFile(last), {
    onMissingParent: (error) => {
      expect(error.code).toBe(code);
    },
  });
  expect(part.tasks.flatMap(({ mm }) => mm?.vmas ?? []).some(({ parentPages }) => parentPages)).toBe(true);
  await part.close();
  expect(fs.readdirSync('/proc/self/fd')).toHaveLength(before);
});

test('a circle of three files, closed by links, is told', async () => {
  const { directory, last } = await onDisk(3);
  fs.rmSync(path.join(directory, '0.img'));
  fs.symlinkSync('2.img', path.join(directory, '0.img'));
  await expect(openChain(layerFile(last))).rejects.toMatchObject({ code: 'PARENT_LOOP' });
  fs.rmSync(path.join(directory, '0.img'));
  fs.linkSync(last, path.join(directory, '0.img'));
  await expect(openChain(layerFile(last))).rejects.toMatchObject({ code: 'PARENT_LOOP' });
});

test('links are taken from where the file is that a symbolic link leads to', async () => {
  const { directory, last } = await onDisk(3);
  const elsewhere = path.join(scratchDirectory(), 'x.img');
  fs.symlinkSync(path.join(directory, path.basename(last)), elsewhere);
  const image = await openChain(layerFile(elsewhere));
  expect(image.layers).toHaveLength(3);
  await image.close();
});

test('more images than a chain may have are told, and those that are followed are read', async () => {
  const [image] = fc.sample(anyImage(1), { numRuns: 1, seed: 17 });
  if (!image) throw new Error('the generator gave no image');
  const files: Files = new Map();
  const last = await writeChain(
    Array.from({ length: 1100 }, () => image),
    'v11',
    files,
  );
  await expect(openChain(memoryFile(files, last))).rejects.toMatchObject({ code: 'PARENT_LOOP', path: 'parent' });
  const shorter = await openChain(memoryFile(files, `${String(MAX_LAYERS - 1)}.img`));
  expect(shorter.layers).toHaveLength(MAX_LAYERS);
});
