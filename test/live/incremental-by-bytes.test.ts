import * as path from 'node:path';
import { expect, test } from 'vitest';
import { captureProcess, type CaptureOptions } from '../../src/capture/capture.js';
import type { CaptureStats } from '../../src/capture/capture-stats.js';
import { convertImage } from '../../src/convert/convert.js';
import { createFile, openFile } from '../../src/format/bytes/file.js';
import type { Image } from '../../src/format/model/image.js';
import { readImage } from '../../src/format/registry.js';
import { CHANGES, startChanges } from '../support/changes.js';
import { differing, pagesOf, type Pages } from '../support/layered-pages.js';
import { stopProcess } from '../support/procfs.js';
import { scratchDirectory } from '../support/scratch.js';

const LINK = { path: 'base.img', id: new Uint8Array(32) };

interface Captured {
  readonly pages: Pages;
  readonly stats: CaptureStats;
}

async function capture(pid: number, options: CaptureOptions, parent?: Pages): Promise<Captured> {
  // it is stopped already
  const image = await captureProcess(pid, { ...options, freeze: false });
  try {
    const pages = await pagesOf(image, image.tasks[0], parent);
    return { pages, stats: image.stats };
  } finally {
    await image.close();
  }
}

async function fullImage(pid: number): Promise<Image> {
  const file = path.join(scratchDirectory(), 'base.img');
  await stopProcess(pid);
  const image = await captureProcess(pid, { freeze: false });
  try {
    await convertImage(image, createFile(file), { to: 'v23' });
  } finally {
    await image.close();
    process.kill(pid, 'SIGCONT');
  }
  return readImage(openFile(file));
}

test.each(CHANGES)('after %s an image with its parent is what a full one is', async (change) => {
  const target = await startChanges();
  const parent = await fullImage(target.pid);
  try {
    await target.change(change);
    await stopProcess(target.pid);
    const full = await capture(target.pid, {});
    const before = await pagesOf(parent, parent.tasks[0]);
    const next = await capture(target.pid, { parent: { image: parent, link: LINK } }, before);
    expect(differing(full.pages, next.pages)).toEqual([]);
    const { tracking } = next.stats;
    expect(tracking).toMatchObject({ backend: 'digest', isCleared: false });
    expect(tracking?.reason).toContain('no soft-dirty');
    const held = full.pages.size;
    expect((tracking?.ownPages ?? 0) + (tracking?.parentPages ?? 0)).toBe(held);
    // all changes are small, but that of one region as a whole
    expect(tracking?.ownPages).toBeLessThan(held / 4);
    if (change !== 'nothing') expect(differing(full.pages, before).length).toBeGreaterThan(0);
  } finally {
    await parent.close();
  }
});

test('without tracking everything is captured again', async () => {
  const target = await startChanges();
  const parent = await fullImage(target.pid);
  try {
    const { stats } = await capture(target.pid, { parent: { image: parent, link: LINK }, track: 'none' });
    expect(stats.tracking).toMatchObject({ backend: 'none', parentPages: 0, comparedPages: 0 });
  } finally {
    await parent.close();
  }
});

test('a parent of another process is refused, and so is soft-dirty where there is none', async () => {
  const [target, other] = [await startChanges(), await startChanges()];
  const parent = await fullImage(other.pid);
  try {
    const linked = { parent: { image: parent, link: LINK } };
    await expect(captureProcess(target.pid, linked)).rejects.toMatchObject({ code: 'BAD_ARGUMENT' });
    await expect(captureProcess(other.pid, { ...linked, track: 'soft-dirty' })).rejects.toMatchObject({
      code: 'BAD_ARGUMENT',
    });
    await target.change('nothing');
    await other.change('nothing');
  } finally {
    await parent.close();
  }
});
