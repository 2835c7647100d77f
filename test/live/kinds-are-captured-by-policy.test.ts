import * as fs from 'node:fs';
import * as path from 'node:path';
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { expect, inject, onTestFinished, test } from 'vitest';
import { captureProcess, type CaptureOptions } from '../../src/capture/capture.js';
import { vpnOf } from '../../src/format/model/page.js';
import { oneRange } from '../../src/format/model/page-ranges.js';
import type { CaptureStats } from '../../src/capture/capture-stats.js';
import type { Vma } from '../../src/format/model/image.js';
import { critExpecting } from '../support/cli.js';
import { scratchDirectory } from '../support/scratch.js';

interface Kinds {
  readonly pid: number;
  readonly file: string;
  /** First address of the mapping of each kind. */
  readonly starts: ReadonlyMap<string, bigint>;
}

async function startKinds(): Promise<Kinds> {
  const file = path.join(scratchDirectory(), 'mapped');
  const child = spawn(path.join(inject('targets'), 'kinds'), [file], { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  const starts = new Map<string, bigint>();
  for await (const line of createInterface({ input: child.stdout })) {
    // the program prints nothing else
    const { name, start } = JSON.parse(line) as { readonly name: string; readonly start: string };
    if (name === '') break;
    starts.set(name, BigInt(start));
  }
  return { pid: child.pid ?? 0, file, starts };
}

interface Captured {
  readonly stats: CaptureStats;
  /** The mapping that was announced under this name. */
  readonly vma: (name: string) => Vma;
}

async function captured({ pid, starts }: Kinds, options: CaptureOptions = {}): Promise<Captured> {
  // it sleeps: nothing changes meanwhile
  const image = await captureProcess(pid, { freeze: false, ...options });
  const { stats } = image;
  await image.close();
  const vma = (name: string): Vma => {
    const found = image.tasks[0].mm?.vmas.find(({ vm_start }) => vm_start === starts.get(name));
    if (!found) throw new Error(`no mapping of ${name}`);
    return found;
  };
  return { stats, vma };
}

const PAGES = 8;

test('every kind that this kernel has is recognised', async () => {
  const target = await startKinds();
  const { vma } = await captured(target);
  const names = [...target.starts.keys()];
  expect(names.map((name) => vma(name).kind)).toEqual(names);
  expect(names).toEqual(
    expect.arrayContaining(['scratch', 'anon', 'shared-anon', 'memfd', 'sysv', 'file', 'shared-file']),
  );
});

test('what is not to be dumped is left out by default, and told', async () => {
  const { vma, stats } = await captured(await startKinds());
  expect(vma('anon').pages.totalPages).toBe(PAGES);
  expect(vma('file').pages.totalPages).toBe(PAGES);
  expect(vma('scratch').pages.totalPages).toBe(0);
  expect(vma('scratch').leftOut?.pages).toBe(PAGES);
  const scratch = stats.kinds.find(({ kind }) => kind === 'scratch');
  expect(scratch).toMatchObject({ vmas: 1, pages: 0, leftOut: [{ vmas: 1, pages: PAGES, bytes: PAGES * 4096 }] });
});

test('kinds and paths are included and excluded', async () => {
  const target = await startKinds();
  const { vma, stats } = await captured(target, {
    include: ['scratch', 'memfd', path.basename(target.file).replace('mapp', '*'), 'secret', '/no/such'],
    exclude: ['file', 'heap'],
  });
  // the wish of the user overrules that of the process
  expect(vma('scratch')).toMatchObject({ kind: 'anon', pages: { totalPages: PAGES } });
  expect(vma('memfd').pages.totalPages).toBe(PAGES);
  expect(vma('shared-file').pages.totalPages).toBe(PAGES);
  expect(vma('file')).toMatchObject({
    kind: 'scratch',
    pages: { totalPages: 0 },
    leftOut: { reason: 'excluded as file' },
  });
  if (target.starts.has('secret')) expect(vma('secret').pages.totalPages).toBe(0);
  expect(stats.kinds.map(({ kind }) => kind)).not.toContain('heap');
  expect(stats.unmatched).toEqual(['/no/such']);
});

test('of a range only its pages are left out, or taken', async () => {
  const target = await startKinds();
  const range = (name: string, first: number, end: number): string => {
    const start = target.starts.get(name) ?? 0n;
    return [first, end].map((page) => (start + BigInt(page) * 4096n).toString(16)).join('-');
  };
  const { vma } = await captured(target, {
    include: [range('scratch', 2, 5)],
    exclude: [range('anon', 0, 3), 'kinds'],
  });
  const [scratch, anon] = [vma('scratch'), vma('anon')];
  expect([...scratch.pages.vpn]).toEqual([vpnOf(scratch.vm_start) + 2]);
  expect(scratch.pages.totalPages).toBe(3);
  expect([...anon.pages.vpn]).toEqual([vpnOf(anon.vm_start) + 3]);
  expect(anon).toMatchObject({ kind: 'anon', leftOut: { pages: 3 } });
  expect(anon.uncaptured).toEqual({ reason: 'excluded', ranges: oneRange(vpnOf(anon.vm_start), 3) });
  expect([...(scratch.uncaptured?.ranges.vpn ?? [])].map((vpn) => vpn - vpnOf(scratch.vm_start))).toEqual([0, 5]);
  expect(scratch.uncaptured?.reason).toBe('dontdump');
});

test('a kind of the caller decides before the built-in ones', async () => {
  const target = await startKinds();
  const start = target.starts.get('anon');
  const mine = { name: 'mydriver', contents: 'none', absent: 'backing', reason: 'the driver has it' } as const;
  const { vma, stats } = await captured(target, { kinds: [{ ...mine, is: ({ vm_start }) => vm_start === start }] });
  expect(vma('anon')).toMatchObject({ kind: 'scratch', kindName: 'mydriver', pages: { totalPages: 0 } });
  expect(stats.kinds[0]).toMatchObject({ kind: 'mydriver', vmas: 1, reason: mine.reason, leftOut: [{ pages: PAGES }] });
});

/** A kind as `crit show --json` tells it. */
interface ShownVma {
  readonly start: string;
  readonly kind: string;
  readonly kindName: string | null;
}

test.each([
  [
    'rules.json',
    JSON.stringify([
      {
        name: 'mydriver',
        path: '/dev/z*',
        flags: ['wr', 'ac'],
        contents: 'none',
        absent: 'backing',
        reason: 'it is a driver',
      },
    ]),
  ],
  [
    'kinds.mjs',
    `export const kinds = [{ name: 'mydriver', is: ({ name }) => name === '/dev/zero',
    contents: 'none', absent: 'backing', reason: 'it is a driver' }];`,
  ],
])('kinds come from %s, and the index keeps their names', async (name, text) => {
  const directory = scratchDirectory();
  fs.writeFileSync(path.join(directory, name), text);
  const { pid, starts } = await startKinds();
  const args = ['capture', String(pid), '-o', 'image', '--kinds', name, '--exclude', 'nowhere', '--to', 'v11'];
  const { stderr } = await critExpecting(0, args, { cwd: directory });
  expect(stderr).toContain('left out: 8 pages, 32.0 KiB, of 1 mapping (mydriver): it is a driver');
  expect(stderr).toContain('--include scratch');
  expect(stderr).toContain('nothing is mapped as nowhere');
  const { stdout } = await critExpecting(0, ['show', 'image', '--json'], { cwd: directory });
  // the shape is documented; what is read of it is compared below
  const { tasks } = JSON.parse(stdout.toString()) as {
    readonly tasks: readonly { readonly mm: { readonly vmas: readonly ShownVma[] } }[];
  };
  const at = (kind: string): ShownVma | undefined =>
    tasks[0]?.mm.vmas.find(({ start }) => BigInt(start) === starts.get(kind));
  expect(at('file')).toMatchObject({ kind: 'file', kindName: 'mydriver' });
  expect(at('scratch')).toMatchObject({ kind: 'scratch', kindName: 'scratch' });
  await critExpecting(0, ['verify', 'image'], { cwd: directory });
});
