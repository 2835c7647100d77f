import * as fs from 'node:fs';
import * as path from 'node:path';
import { expect, test } from 'vitest';
import { openFile } from '../../src/format/bytes/file.js';
import { readImage } from '../../src/format/registry.js';
import { openChain } from '../../src/open/chain.js';
import { layerFile } from '../../src/open/chain-file.js';
import { CHANGES, startChanges } from '../support/changes.js';
import { critExpecting } from '../support/cli.js';
import { differing, pagesOf, type Pages } from '../support/layered-pages.js';
import { isStopped, stopProcess } from '../support/procfs.js';
import { scratchDirectory } from '../support/scratch.js';

interface Summary {
  readonly parent: { readonly path: string; readonly id: string } | null;
  readonly tracking: { readonly backend: string; readonly ownPages: number; readonly parentPages: number } | null;
  readonly preCopy: { readonly rounds: readonly { readonly pages: number }[]; readonly finalPages: number } | null;
  readonly stoppedNs: number | null;
  readonly pauseBudget: { readonly heldBytes: number | null; readonly reason: string | null } | null;
}

async function capture(pid: number, image: string, ...options: string[]): Promise<Summary> {
  const args = ['capture', String(pid), '-o', image, '--to', 'v23', '--json', ...options];
  // what --json prints
  return JSON.parse((await critExpecting(0, args)).stdout.toString()) as Summary;
}

async function pagesInFile(file: string): Promise<Pages> {
  const image = await openChain(layerFile(file));
  try {
    return await pagesOf(image, image.tasks[0]);
  } finally {
    await image.close();
  }
}

test('a chain of captures reads, at every link, as a full capture of the same moment', async () => {
  const target = await startChanges();
  const directory = scratchDirectory();
  const file = (name: string): string => path.join(directory, name);
  await capture(target.pid, file('0.img'));
  for (const [i, change] of CHANGES.entries()) {
    await target.change(change);
    await stopProcess(target.pid);
    const summary = await capture(target.pid, file(`${i + 1}.img`), '--parent', file(`${i}.img`));
    await capture(target.pid, file('full.img'));
    expect(isStopped(target.pid)).toBe(true);
    process.kill(target.pid, 'SIGCONT');
    expect(summary.parent?.path).toBe(`${i}.img`);
    const [chain, full] = [await pagesInFile(file(`${i + 1}.img`)), await pagesInFile(file('full.img'))];
    expect(differing(chain, full), change).toEqual([]);
    expect(fs.statSync(file(`${i + 1}.img`)).size, change).toBeLessThan(fs.statSync(file('full.img')).size);
  }
});

test('the link leads from the directory of the image, and a parent is not replaced by its child', async () => {
  const target = await startChanges();
  const directory = scratchDirectory();
  fs.mkdirSync(path.join(directory, 'later'));
  const base = path.join(directory, 'base.img');
  await capture(target.pid, base);
  const child = path.join(directory, 'later', 'child.img');
  expect((await capture(target.pid, child, '--parent', base)).parent?.path).toBe('../base.img');
  expect((await pagesInFile(child)).size).toBeGreaterThan(0);
  const { stderr } = await critExpecting(2, ['capture', String(target.pid), '-o', base, '--parent', base]);
  expect(stderr).toContain('would be replaced');
});

test.each([
  ['--track=digest'],
  ['--parent=base.img'],
  ['--parent=base.img', '--pause-budget=1M'],
  ['--parent=base.img', '--pre-copy'],
  ['--pre-copy', '--until-pages=0'],
])('the image tells for how long the process stood still: %s %s', async (...options) => {
  const target = await startChanges();
  const file = (name: string): string => path.join(scratchDirectory(), name);
  const base = file('base.img');
  await capture(target.pid, base);
  const image = file('image');
  const given = options.map((option) => option.replace('base.img', base));
  const { stoppedNs } = await capture(target.pid, image, ...given);
  expect(stoppedNs).toBeGreaterThan(0);
  const read = await readImage(openFile(image));
  await read.close();
  expect(read.capture).toMatchObject({ stoppedNs });
});

test('what has changed since a parent is held while the process stands still, as long as it is little', async () => {
  const target = await startChanges(40);
  const directory = scratchDirectory();
  const file = (name: string): string => path.join(directory, name);
  await capture(target.pid, file('base.img'));
  await target.change('write');
  // its stack is another a moment later
  await stopProcess(target.pid);
  const { tracking, pauseBudget } = await capture(target.pid, file('little.img'), '--parent', file('base.img'));
  expect(pauseBudget).toMatchObject({ heldBytes: (tracking?.ownPages ?? 0) * 4096, reason: null });
  const all = await capture(target.pid, file('all.img'), '--parent', file('base.img'), '--track', 'none');
  expect(all.pauseBudget).toMatchObject({ heldBytes: null, reason: expect.stringContaining('more than') as unknown });
  expect(differing(await pagesInFile(file('little.img')), await pagesInFile(file('all.img')))).toEqual([]);
});

test('a parent without digests is refused, with the command that helps', async () => {
  const target = await startChanges();
  const base = path.join(scratchDirectory(), 'base.img');
  await capture(target.pid, base, '--no-index');
  const args = ['capture', String(target.pid), '-o', `${base}.2`, '--parent', base];
  const { stderr } = await critExpecting(2, args);
  expect(stderr).toContain('crit index --append --digests');
  await critExpecting(0, ['index', '--append', '--digests', base]);
  expect((await capture(target.pid, `${base}.2`, '--parent', base)).tracking?.parentPages).toBeGreaterThan(0);
});

test('what is copied before the stop is what a plain capture of that moment is, with a parent, too', async () => {
  const target = await startChanges(40);
  const directory = scratchDirectory();
  const file = (name: string): string => path.join(directory, name);
  await capture(target.pid, file('base.img'));
  await target.change('write');
  await stopProcess(target.pid);
  const copied = await capture(target.pid, file('copied.img'), '--pre-copy=2');
  expect(copied.preCopy?.rounds).toHaveLength(2);
  expect(copied.preCopy?.rounds[0]?.pages).toBeGreaterThan(40 * 256);
  expect(copied.preCopy?.finalPages).toBe(0);
  const both = await capture(target.pid, file('both.img'), '--pre-copy', '--parent', file('base.img'));
  expect(both.tracking?.ownPages).toBeLessThan(100);
  await capture(target.pid, file('full.img'));
  const full = await pagesInFile(file('full.img'));
  expect(differing(await pagesInFile(file('copied.img')), full)).toEqual([]);
  expect(differing(await pagesInFile(file('both.img')), full)).toEqual([]);
});

test('a process that writes all the time is copied as it is when it stands still, and runs on', async () => {
  const target = await startChanges(20);
  const end = new AbortController();
  const writing = (async () => {
    while (!end.signal.aborted) await target.change('write');
  })();
  const image = path.join(scratchDirectory(), 'image');
  const { preCopy, stoppedNs } = await capture(target.pid, image, '--pre-copy', '--until-pages', '0');
  end.abort();
  await writing;
  expect(preCopy?.finalPages).toBeGreaterThan(0);
  expect(stoppedNs).toBeGreaterThan(0);
  expect((await pagesInFile(image)).size).toBeGreaterThan(20 * 256);
  await target.change('nothing');
});
