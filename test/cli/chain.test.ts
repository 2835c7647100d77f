import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { anyImage } from '../support/arbitrary-image.js';
import { crit, critExpecting } from '../support/cli.js';
import { writeAs } from '../support/comparable-image.js';
import { writeChain, type Files } from '../support/memory-chain.js';
import { scratchDirectory } from '../support/scratch.js';
import { splitImage } from '../support/split-image.js';

interface Chain {
  readonly directory: string;
  readonly at: (name: string) => string;
}

/** 0.img, 1.img and 2.img, each the parent of the next, and whole.img, which has all of 2.img. */
async function chain(): Promise<Chain> {
  const [image] = fc.sample(anyImage(4), { numRuns: 1, seed: 17 });
  if (!image) throw new Error('the generator gave no image');
  const files: Files = new Map();
  await writeChain(splitImage(image, 3, 5), 'v11', files);
  const directory = scratchDirectory();
  const at = (name: string): string => path.join(directory, name);
  for (const [name, bytes] of files) writeFileSync(at(name), bytes);
  writeFileSync(at('whole.img'), await writeAs(image, 'v11'));
  return { directory, at };
}

async function json(args: readonly string[], status = 0): Promise<Record<string, unknown>> {
  return JSON.parse((await critExpecting(status, [...args, '--json'])).stdout.toString()) as Record<string, unknown>;
}

test('a chain is listed, shown, verified and compared as one image, and squashed', async () => {
  const { at } = await chain();
  const listed = await json(['chain', at('2.img')]);
  expect(listed).toMatchObject({ missingPages: 0, fault: null });
  expect((listed['layers'] as { name: string }[]).map(({ name }) => path.basename(name))).toEqual([
    '2.img',
    '1.img',
    '0.img',
  ]);
  expect((await critExpecting(0, ['show', at('2.img')])).stdout.toString().match(/^ {2}layer /gm)).toHaveLength(3);
  await critExpecting(0, ['diff', at('2.img'), at('whole.img')]);
  await critExpecting(0, ['digest', at('2.img'), at('whole.img')]);
  expect(await json(['verify', at('2.img')])).toMatchObject({
    findings: [],
    ancestors: [{ findings: [] }, { findings: [] }],
  });
  await critExpecting(0, ['squash', at('2.img'), '-o', at('squashed.img')]);
  await critExpecting(0, ['digest', at('squashed.img'), at('whole.img')]);
  expect((await json(['chain', at('squashed.img')]))['layers']).toHaveLength(1);
});

test('a parent that was moved is found again by rebase, and another image is refused', async () => {
  const { directory, at } = await chain();
  mkdirSync(at('archive'));
  renameSync(at('1.img'), at('archive/1.img'));
  renameSync(at('0.img'), at('archive/0.img'));
  const missing = await json(['chain', at('2.img')], 1);
  expect(missing).toMatchObject({ fault: { code: 'PARENT_MISSING' } });
  expect(missing['missingPages']).toBeGreaterThan(0);
  const shown = await critExpecting(0, ['show', at('2.img')]);
  expect(shown.stderr).toContain('1.img');
  const failed = await crit(['digest', at('2.img')]);
  expect([failed.status, failed.stderr.includes('PARENT_MISSING')]).toEqual([3, true]);
  await critExpecting(1, ['verify', at('2.img')]);
  await critExpecting(3, ['rebase', at('2.img'), at('archive/0.img')]);
  await critExpecting(0, ['rebase', at('2.img'), at('archive/1.img')]);
  expect(await json(['verify', at('2.img')])).toMatchObject({ findings: [] });
  await critExpecting(0, ['digest', at('2.img'), at('whole.img')]);
  await critExpecting(0, ['digest', '2.img', at('whole.img')], { cwd: directory });
});

test('of each mapping it is shown where its pages are, with and without the parent', async () => {
  const { at } = await chain();
  interface Shown {
    readonly layers: readonly { readonly parent: { readonly path: string } | null }[];
    readonly tasks: readonly {
      readonly mm: {
        readonly vmas: readonly {
          readonly sizeBytes: number;
          readonly pagesDumped: number;
          readonly pages: Readonly<Record<'own' | 'fromAncestors' | 'missing' | 'absent', number>>;
        }[];
      } | null;
    }[];
  }
  // the shape is documented; what is read of it is compared below
  const shown = async (): Promise<Shown> => (await json(['show', at('2.img')])) as unknown as Shown;
  const sums = ({ tasks }: Shown): readonly number[] => {
    const vmas = tasks.flatMap(({ mm }) => mm?.vmas ?? []);
    for (const { sizeBytes, pagesDumped, pages } of vmas) {
      expect(pages.own + pages.fromAncestors).toBe(pagesDumped);
      expect((pagesDumped + pages.missing + pages.absent) * 4096).toBe(sizeBytes);
    }
    return (['own', 'fromAncestors', 'missing'] as const).map((name) =>
      vmas.reduce((sum, { pages }) => sum + pages[name], 0),
    );
  };
  const whole = await shown();
  expect(whole.layers.map(({ parent }) => parent?.path)).toEqual(['1.img', '0.img', undefined]);
  const [own = 0, fromAncestors = 0, missing] = sums(whole);
  expect(own).toBeGreaterThan(0);
  expect(fromAncestors).toBeGreaterThan(0);
  expect(missing).toBe(0);
  renameSync(at('1.img'), at('elsewhere.img'));
  expect(sums(await shown())).toEqual([own, 0, fromAncestors]);
  const text = (await critExpecting(0, ['info', at('2.img')])).stdout.toString();
  expect(text).toContain('incremental, 1 layer, parent 1.img');
  expect(text).toContain('left to a parent that is not there');
});

test('verify lists what is wrong with each image of a chain', async () => {
  const { at } = await chain();
  const bytes = Uint8Array.from(readFileSync(at('0.img')));
  bytes[40] = (bytes[40] ?? 0) ^ 1;
  writeFileSync(at('0.img'), bytes);
  renameSync(at('1.img'), at('kept.img'));
  const lost = await json(['verify', at('2.img')], 1);
  expect(lost).toMatchObject({ findings: [{ code: 'PARENT_MISSING' }] });
  renameSync(at('kept.img'), at('1.img'));
  const damaged = await json(['verify', at('2.img')], 1);
  const [first, second] = damaged['ancestors'] as { readonly findings: readonly unknown[] }[];
  expect(first?.findings.length).toBeGreaterThan(0);
  expect(second?.findings).toEqual([]);
  await critExpecting(1, ['verify', '-'], { input: readFileSync(at('2.img')) });
});

test('a squashed parent takes the place of the parent, and one that lacks something is refused with the first difference', async () => {
  const { at } = await chain();
  await critExpecting(0, ['squash', at('1.img'), '-o', at('both.img')]);
  const refused = await critExpecting(3, ['rebase', at('2.img'), at('0.img')]);
  expect(refused.stderr).toMatch(/page 0x[0-9a-f]+ of process \d+ is (not there|another one) \(--force/);
  await critExpecting(0, ['rebase', at('2.img'), at('both.img')]);
  renameSync(at('0.img'), at('gone.img'));
  renameSync(at('1.img'), at('gone too.img'));
  expect(await json(['verify', at('2.img')])).toMatchObject({ findings: [] });
  await critExpecting(0, ['digest', at('2.img'), at('whole.img')]);
});

test('the raw records of an incremental image are shown with those of ours', async () => {
  const { at } = await chain();
  const text = (await critExpecting(0, ['show', '--records', at('1.img')])).stdout.toString();
  expect(text).toMatch(/31744 PARENT +parent\n +parent 0, id [0-9a-f]{64}, path 0\.img\n/);
  expect(text).toMatch(/31745 PARENT_PAGES +task\[\d+\]\.mm\.vma\[\d+\]\.parent_pages\[0\]\n +parent 0, ranges \[/);
});
