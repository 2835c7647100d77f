import * as fs from 'node:fs';
import * as path from 'node:path';
import { expect } from 'vitest';
import { readImage } from '../../src/format/registry.js';
import { openFile } from '../../src/format/bytes/file.js';
import { backendsUsed, differencesOfIncrements, type Capture, type Report } from './scenarios-report.js';
import { expectOneMoment } from './sharers-moment.js';
import type { SharedObject } from './sharers.js';

/** What tree-driver.mjs leaves beside what scenarios-driver.mjs does. */
interface TreeReport extends Report {
  readonly links: readonly (Report['links'][number] & { readonly pids: readonly number[] })[];
  readonly busy: Capture;
  readonly objects: readonly SharedObject[];
  readonly own: number;
  readonly ownPages: number;
  /** Of those that were copied while they wrote. */
  readonly pids: readonly number[];
}

/** What `crit capture --json` says of tracking and pre-copying. */
interface Summary {
  readonly tracking: {
    readonly isCleared: boolean;
    readonly ownPages: number;
    readonly parentPages: number;
    readonly processes: readonly { readonly pid: number; readonly backend: string | null }[];
  };
  readonly preCopy: { readonly backend: string; readonly finalPages: number } | null;
}

/** More than what differs between two links, and less than what all have. */
const MOST_OWN_PAGES = 200;

function summaryOf({ status, stdout, stderr }: Capture): Summary {
  expect(status, stderr).toBe(0);
  // as `crit capture --json` prints it
  return JSON.parse(stdout) as Summary;
}

async function pidsIn(file: string): Promise<number[]> {
  const image = await readImage(openFile(file));
  await image.close();
  return image.tasks.map(({ pid }) => pid);
}

/** Expects of a run of tree-driver.mjs that every increment is what the full capture of its moment is. */
export async function expectTreeIsEqual(folder: string): Promise<void> {
  // the driver writes exactly this
  const report = JSON.parse(fs.readFileSync(path.join(folder, 'report.json'), 'utf8')) as TreeReport;
  expect(summaryOf(report.base).tracking.isCleared).toBe(true);
  expect(await differencesOfIncrements(folder, report)).toEqual([]);
  expect(backendsUsed(report)).toEqual(report.links.map(() => ['soft-dirty']));
  let before: readonly number[] = report.pids;
  for (const [i, { captures, pids }] of report.links.entries()) {
    const [increment, full] = captures.map(summaryOf);
    const { tracking } = increment ?? {};
    expect(tracking?.isCleared).toBe(true);
    // one that was born since has no bits that tell anything
    const expected = pids.map((pid) => ({ pid, backend: before.includes(pid) ? 'soft-dirty' : null }));
    expect(tracking?.processes).toMatchObject(expected);
    const born = pids.filter((pid) => !before.includes(pid)).length;
    expect(tracking?.ownPages).toBeLessThan(MOST_OWN_PAGES + born * (report.ownPages + MOST_OWN_PAGES));
    expect(tracking?.parentPages).toBeGreaterThan(pids.length * report.ownPages - report.ownPages * born);
    expect(full?.tracking).toBe(null);
    expect(await pidsIn(path.join(folder, `${i + 1}.soft-dirty.img`))).toEqual(pids);
    before = pids;
  }
  const busy = summaryOf(report.busy);
  expect(busy.preCopy).toMatchObject({ backend: 'soft-dirty' });
  expect(busy.preCopy?.finalPages).toBeGreaterThan(0);
  await expectOneMoment(path.join(folder, 'busy.img'), report, report.ownPages);
}
