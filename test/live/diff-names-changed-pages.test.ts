import * as fs from 'node:fs';
import * as path from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { critExpecting } from '../support/cli.js';
import { patternPage } from '../support/pattern.js';
import { stopProcess } from '../support/procfs.js';
import { scratchDirectory } from '../support/scratch.js';
import { type Shapes, startShapes } from '../support/target.js';
import { type TrueVma, changedPages, readTruth } from '../support/truth.js';

const PAGE_BYTES = 4096;
const RUNS = 6;

type PageState = 'same' | 'changed' | 'added' | 'removed';

/** What `crit diff --json --pages` prints, as far as it is looked at here. */
interface Diff {
  readonly isDifferent: boolean;
  readonly pages: Readonly<Record<PageState, number>>;
  readonly tasks: readonly {
    readonly vmas: readonly {
      readonly before: { readonly start: string } | null;
      readonly after: { readonly start: string } | null;
      readonly runs: readonly { readonly start: string; readonly pages: number; readonly state: PageState }[];
    }[];
  }[];
}

async function diff(status: 0 | 1, before: string, after: string): Promise<Diff> {
  const { stdout } = await critExpecting(status, ['diff', before, after, '--json', '--pages']);
  // the shape is documented; what is read of it is compared below
  return JSON.parse(stdout.toString()) as Diff;
}

/** Addresses of the pages that a comparison names as not the same, ascending. */
function namedPages(found: Diff, states: readonly PageState[] = ['changed', 'added', 'removed']): number[] {
  const runs = found.tasks.flatMap((task) => task.vmas.flatMap((vma) => vma.runs));
  const named = runs.filter((run) => states.includes(run.state));
  const addresses = named.flatMap((run) =>
    Array.from({ length: run.pages }, (_, i) => Number(run.start) + i * PAGE_BYTES),
  );
  return addresses.sort((a, b) => a - b);
}

/** Stops the target and captures it together with the truth. */
async function captureStopped(target: Shapes, image: string, ...more: string[]): Promise<readonly TrueVma[]> {
  await stopProcess(target.pid);
  await critExpecting(0, ['capture', String(target.pid), '-o', image, '--to', 'v11', ...more]);
  return readTruth(target.pid);
}

async function runOn(target: Shapes, commands: readonly string[]): Promise<void> {
  process.kill(target.pid, 'SIGCONT');
  for (const command of commands) await target.command(command);
}

/** A command that surely changes one byte of a page that holds the pattern. */
function changeByte(target: Shapes, page: number, offset: number): string {
  const old = patternPage(target.seed, page)[offset] ?? 0;
  return `w ${(page + offset).toString(16)} ${(old ^ 0x5a).toString(16)}`;
}

/** The pages of the shapes that hold the pattern and may be written. */
function writablePages(target: Shapes): number[] {
  const names = ['heap', 'anonymous', 'one chunk and a page', 'every second page', 'private file', 'not to be dumped'];
  return names.flatMap((name) => {
    const { start, length, pages } = target.region(name);
    const all = Array.from({ length: length / PAGE_BYTES }, (_, i) => i);
    return all.filter((i) => pages.charAt(i % pages.length) === 'P').map((i) => start + i * PAGE_BYTES);
  });
}

const choice = fc.record({
  picks: fc.array(fc.nat(), { minLength: 1, maxLength: 60 }),
  offset: fc.nat(PAGE_BYTES - 1),
});

test('whatever pages the target changes, exactly these are named', async () => {
  await fc.assert(
    fc.asyncProperty(choice, async ({ picks, offset }) => {
      const directory = scratchDirectory();
      const [first, second] = [path.join(directory, 'first'), path.join(directory, 'second')];
      const target = await startShapes();
      const candidates = writablePages(target);
      const pages = [...new Set(picks.map((pick) => candidates[pick % candidates.length] ?? 0))];
      const before = await captureStopped(target, first, '--include', 'scratch');
      await runOn(
        target,
        pages.map((page) => changeByte(target, page, offset)),
      );
      const after = await captureStopped(target, second, '--include', 'scratch');
      const found = await diff(1, first, second);
      expect(namedPages(found)).toEqual(changedPages(before, after));
      expect(namedPages(found)).toEqual(expect.arrayContaining(pages));
      target.child.kill('SIGKILL');
      fs.rmSync(directory, { recursive: true });
    }),
    { numRuns: RUNS, endOnFailure: true },
  );
});

test('pages that appear are added, pages that are given back are removed', async () => {
  const directory = scratchDirectory();
  const [first, second] = [path.join(directory, 'first'), path.join(directory, 'second')];
  const target = await startShapes();
  const anonymous = target.region('anonymous').start;
  const file = target.region('private file').start;
  const before = await captureStopped(target, first);
  // page 5 was untouched, page 0 held the pattern; page 1 of the file becomes the file's again, its page 2 held zeros
  await runOn(target, [
    `w ${(anonymous + 5 * PAGE_BYTES).toString(16)} 1`,
    `d ${anonymous.toString(16)} ${PAGE_BYTES.toString(16)}`,
    `d ${(file + PAGE_BYTES).toString(16)} ${(2 * PAGE_BYTES).toString(16)}`,
  ]);
  const after = await captureStopped(target, second);
  const found = await diff(1, first, second);
  expect(namedPages(found)).toEqual(changedPages(before, after));
  expect(namedPages(found, ['added'])).toContain(anonymous + 5 * PAGE_BYTES);
  const gone = [anonymous, file + PAGE_BYTES, file + 2 * PAGE_BYTES];
  expect(namedPages(found, ['removed'])).toEqual(gone.sort((a, b) => a - b));
});

test('two captures of a target that stands still are the same, in every revision', async () => {
  const directory = scratchDirectory();
  const [first, second] = [path.join(directory, 'first'), path.join(directory, 'second')];
  const target = await startShapes({ threads: 4 });
  await stopProcess(target.pid);
  await critExpecting(0, ['capture', String(target.pid), '-o', first, '--to', 'v11']);
  await critExpecting(0, ['capture', String(target.pid), '-o', second, '--to', 'v9']);
  const found = await diff(0, first, second);
  expect(found.isDifferent).toBe(false);
  expect(namedPages(found)).toEqual([]);
  expect(found.pages.same).toBeGreaterThan(6000);
});

test('a mapping that is gone is named as removed', async () => {
  const directory = scratchDirectory();
  const [first, second] = [path.join(directory, 'first'), path.join(directory, 'second')];
  const target = await startShapes();
  const region = target.region('every second page');
  await captureStopped(target, first);
  await runOn(target, [`u ${region.start.toString(16)} ${region.length.toString(16)}`]);
  await captureStopped(target, second);
  const found = await diff(1, first, second);
  const removed = found.tasks.flatMap((task) => task.vmas.filter((vma) => vma.after === null));
  expect(removed.map((vma) => Number(vma.before?.start))).toEqual([region.start]);
});

test('a living process is compared with an image, and nothing is written', async () => {
  const directory = scratchDirectory();
  const image = path.join(directory, 'image');
  const target = await startShapes();
  const page = target.region('anonymous').start + 2 * PAGE_BYTES;
  const before = await captureStopped(target, image);
  await diff(0, image, `pid:${target.pid}`);
  await runOn(target, [changeByte(target, page, 7)]);
  await stopProcess(target.pid);
  const found = await diff(1, image, `pid:${target.pid}`);
  expect(namedPages(found)).toEqual(changedPages(before, await readTruth(target.pid)));
  expect(namedPages(found)).toContain(page);
  expect(fs.readdirSync(directory)).toEqual(['image']);
});
