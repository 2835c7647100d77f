import * as fs from 'node:fs';
import * as path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { fill } from '../../src/format/bytes/source.js';
import { PAGE_BYTES } from '../../src/format/model/page.js';
import { layerFile } from '../../src/open/chain-file.js';
import { openChain } from '../../src/open/chain.js';
import { allPagesIn, differences } from '../support/all-pages.js';
import { cgroupOf, expectNoCgroupLeft } from '../support/cgroup.js';
import { critExpecting, outcomeOf, startCrit } from '../support/cli.js';
import { isStopped, stopProcess } from '../support/procfs.js';
import { scratchDirectory } from '../support/scratch.js';
import { startSharers, waitUntilAllRun, type Sharers } from '../support/sharers.js';
import { expectOneMoment } from '../support/sharers-moment.js';
import { waitUntil } from '../support/wait.js';

/** Eight processes. */
const CHILDREN = 7;
/** How what is mapped is called. */
const NAMES = { 'shared-anon': '/dev/zero', sysv: '/SYSV' } as const;
/** Either too early, before the structure is read, or too late, when all is read: then another time is tried. */
const MAX_STOPS_MS = [20, 40, 60, 80, 120, 160, 240, 320, 480, 640, 1000, 1500, 2000];

interface Summary {
  readonly processes: readonly { readonly pid: number }[];
  readonly kinds: readonly { readonly bytes: number }[];
  readonly stoppedNs: number | null;
  readonly tracking: {
    readonly backend: string;
    readonly ownPages: number;
    readonly parentPages: number;
    readonly processes?: readonly { readonly pid: number; readonly backend: string | null }[];
  } | null;
  readonly preCopy: { readonly rounds: readonly { readonly pages: number }[]; readonly finalPages: number } | null;
  readonly pauseBudget: { readonly heldBytes: number | null; readonly reason: string | null } | null;
  readonly partial: { readonly missingPages: number; readonly losses: readonly { readonly path: string }[] } | null;
}

async function capture(pids: readonly number[], image: string, ...options: string[]): Promise<Summary> {
  const args = ['capture', ...pids.map(String), '-o', image, '--json', ...options];
  // what --json prints
  return JSON.parse((await critExpecting(0, args)).stdout.toString()) as Summary;
}

async function stopAll(pids: readonly number[]): Promise<void> {
  await Promise.all(pids.map(stopProcess));
}

function runAll(pids: readonly number[]): void {
  for (const pid of pids) process.kill(pid, 'SIGCONT');
}

function childrenOf(pid: number): number[] {
  const text = fs.readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1');
  return (text.match(/\d+/g) ?? []).map(Number);
}

test('a tree that changes is captured in a chain, which reads at every link as a full capture of that moment', async () => {
  const sharers = await startSharers({ children: CHILDREN });
  const directory = scratchDirectory();
  const file = (name: string): string => path.join(directory, name);
  const root = sharers.pid;
  const first = await capture([root], file('0.img'), '--tree', '--track', 'auto');
  expect(first.processes.map(({ pid }) => pid)).toEqual(sharers.pids);
  // private in all; shared by the parent; shared by a child that ends; a new child, one that ends; and again, without those
  const links = [['w', 'p'], ['f'], ['c', 'w'], ['k', 'w'], ['z'], []];
  for (const [i, commands] of links.entries()) {
    for (const command of commands) await sharers.command(command);
    const pids = [root, ...childrenOf(root)];
    await stopAll(pids.filter((pid) => !isStopped(pid) && !isZombie(pid)));
    const summary = await capture([root], file(`${i + 1}.img`), '--tree', '--parent', file(`${i}.img`));
    await capture([root], file('full.img'), '--tree');
    expect(pids.filter((pid) => !isZombie(pid)).every(isStopped)).toBe(true);
    runAll(pids);
    const [chain, full] = [await allPagesIn(file(`${i + 1}.img`)), await allPagesIn(file('full.img'))];
    expect(differences(chain, full), commands.join()).toEqual([]);
    expect(full.size).toBeGreaterThan(500);
    const { tracking } = summary;
    expect(tracking?.ownPages, commands.join()).toBeLessThan((tracking?.parentPages ?? 0) / 2);
    const backends = new Map(tracking?.processes?.map(({ pid, backend }) => [pid, backend]));
    for (const { pid } of summary.processes.filter(({ pid: one }) => !isZombie(one)))
      expect(backends.get(pid)).toBe(commands.includes('c') && !sharers.pids.includes(pid) ? null : 'digest');
  }
  await critExpecting(0, ['verify', file(`${links.length}.img`)]);
  await critExpecting(0, ['squash', file(`${links.length}.img`), '-o', file('whole.img')]);
  expect(differences(await allPagesIn(file('whole.img')), await allPagesIn(file('full.img')))).toEqual([]);
});

function isZombie(pid: number): boolean {
  return /\) Z /.test(fs.readFileSync(`/proc/${pid}/stat`, 'latin1'));
}

test('several processes have a parent together, as long as it has one of them', async () => {
  const [a, b] = [await startSharers({ children: 0 }), await startSharers({ children: 0 })];
  const file = path.join(scratchDirectory(), 'a.img');
  await capture([a.pid], file);
  await stopAll([a.pid, b.pid]);
  const summary = await capture([b.pid, a.pid], `${file}.2`, '--parent', file);
  expect(summary.tracking?.processes).toMatchObject([
    { pid: b.pid, backend: null },
    { pid: a.pid, backend: 'digest' },
  ]);
  expect(summary.tracking?.parentPages).toBeGreaterThan(100);
  await capture([b.pid, a.pid], `${file}.full`);
  expect(differences(await allPagesIn(`${file}.2`), await allPagesIn(`${file}.full`))).toEqual([]);
  const args = ['capture', String(b.pid), '-o', `${file}.3`, '--parent', file];
  expect((await critExpecting(2, args)).stderr).toContain(`the parent has no process ${b.pid}`);
});

test.each([['--pre-copy=2'], ['--pause-budget=1G'], ['--max-stop=60s', '--on-deadline=partial']])(
  'a tree that stands still is captured the same with %s',
  async (...options) => {
    const sharers = await startSharers({ children: CHILDREN, gone: 1, mib: 2 });
    const directory = scratchDirectory();
    const [plain, other] = [path.join(directory, 'plain'), path.join(directory, 'other')];
    await stopAll(sharers.pids);
    const summary = await capture([sharers.pid], other, '--tree', ...options);
    await capture([sharers.pid], plain, '--tree');
    expect(sharers.pids.every(isStopped)).toBe(true);
    runAll(sharers.pids);
    const [a, b] = [await allPagesIn(plain), await allPagesIn(other)];
    expect(differences(a, b)).toEqual([]);
    expect(a.size).toBeGreaterThan(3 * 512);
    if (options[0] === '--pre-copy=2') expect(summary.preCopy).toMatchObject({ finalPages: 0, rounds: [{}, {}] });
    else {
      expect(summary.pauseBudget?.reason).toBe(null);
      // what is shared is held once
      expect(summary.pauseBudget?.heldBytes).toBe(summary.kinds.reduce((sum, { bytes }) => sum + bytes, 0));
      expect(summary.pauseBudget?.heldBytes).toBeLessThan(2 * 3 * 2 * 2 ** 20);
    }
    expect(summary.partial).toBe(null);
  },
);

test.each([[''], ['--pre-copy'], ['--pre-copy=3'], ['--pause-budget=1G']])(
  'a tree that writes all the time is captured with %j as it was at one moment',
  async (option) => {
    const own = 300;
    const sharers = await startSharers({ children: CHILDREN, own });
    await sharers.command('b');
    const image = path.join(scratchDirectory(), 'image');
    const summary = await capture([sharers.pid], image, '--tree', ...(option === '' ? [] : [option]));
    if (option.startsWith('--pre')) expect(summary.preCopy?.finalPages).toBeGreaterThan(0);
    await waitUntilAllRun(sharers);
    await expectOneMoment(image, sharers, own);
  },
);

test('a child that is born while its tree is copied is captured, and one that ends meanwhile is not missed', async () => {
  const sharers = await startSharers({ children: 3, mib: 16 });
  const image = path.join(scratchDirectory(), 'image');
  const child = startCrit(['capture', '--tree', String(sharers.pid), '-o', image, '--pre-copy=3', '--json']);
  const outcome = outcomeOf(child);
  const hasEnded = outcome.then(() => true);
  let [born, ended] = [0, 0];
  for (; !(await Promise.race([hasEnded, sleep(20, false)])); born++) {
    if (sharers.pids.some(isStopped)) continue;
    await sharers.command('c');
    if (born % 2 === 0) continue;
    await sharers.command('k');
    ended++;
  }
  const { status, stderr } = await outcome;
  expect({ status, stderr }).toMatchObject({ status: 0 });
  expect(born + ended).toBeGreaterThan(0);
  const opened = await openChain(layerFile(image));
  const pids = opened.tasks.map(({ pid }) => pid);
  expect(pids.slice(0, sharers.pids.length)).toEqual(sharers.pids);
  for (const { ppid } of opened.tasks.slice(1)) expect(ppid).toBe(sharers.pid);
  await opened.close();
  await waitUntilAllRun(sharers);
});

test('a tree runs on before what was held of it is written', async () => {
  const sharers = await startSharers({ children: CHILDREN, mib: 8 });
  const child = startCrit(['capture', '--tree', String(sharers.pid), '-o', '-', '--pause-budget=2G']);
  const outcome = outcomeOf(child);
  // nothing is read: what it writes waits in the pipe
  child.stdout?.pause();
  await waitUntil('the tree stands still', () => sharers.pids.some(isHeld));
  await waitUntilAllRun(sharers);
  expect(child.exitCode).toBe(null);
  child.stdout?.resume();
  expect((await outcome).status).toBe(0);
});

/** Whether a capture keeps a process from running, by either way. */
function isHeld(pid: number): boolean {
  return isStopped(pid) || cgroupOf(pid)?.includes('/crit-freeze-') === true;
}

test('what was read of a tree when the time is over is kept, of one moment, and what is missing is told', async () => {
  const sharers = await startSharers({ children: CHILDREN, mib: 96 });
  const image = path.join(scratchDirectory(), 'image');
  let missing = 0;
  for (const ms of MAX_STOPS_MS) {
    const limit = [`--max-stop=${ms}`, '--on-deadline=partial', '--pause-budget=1G'];
    const args = ['capture', '--tree', String(sharers.pid), '-o', image, '--json', ...limit];
    const { status, stdout, stderr } = await outcomeOf(startCrit(args));
    await waitUntilAllRun(sharers);
    if (status !== 0) {
      expect(stderr).toContain('DEADLINE');
      continue;
    }
    // what --json prints
    const { partial, pauseBudget } = JSON.parse(stdout.toString()) as Summary;
    expect(pauseBudget?.reason).toBe(null);
    if (partial === null) break;
    missing = partial.missingPages;
    expect(partial.losses.length).toBeGreaterThan(0);
    if (missing < 3 * 96 * 256) break;
  }
  expect(missing, 'a time was found in which a part is read').toBeGreaterThan(0);
  await expectNoCgroupLeft();
  await expectTruePages(image, sharers);
});

/** Every page of an object that is there is what was written. */
async function expectTruePages(file: string, sharers: Sharers): Promise<void> {
  const image = await openChain(layerFile(file));
  try {
    const vmas = image.tasks.flatMap(({ mm }) => mm?.vmas ?? []);
    const page = new Uint8Array(PAGE_BYTES);
    for (const name of ['shared-anon', 'sysv'] as const) {
      const pages = vmas.find((vma) => vma.name?.startsWith(NAMES[name]))?.shared?.pages;
      const written = (sharers.objects.find((object) => object.name === name)?.pages ?? 0) - 16;
      for (let run = 0; run < (pages?.count ?? 0); run++)
        for (let i = 0; i < (pages?.nrPages[run] ?? 0); i += 100) {
          const index = (pages?.vpn[run] ?? 0) + i;
          await fill(image.contents, (pages?.offset[run] ?? 0) + i * PAGE_BYTES, page);
          if (index < written) expect(Buffer.compare(page, bytesOf(sharers.page(name, index))), `${index}`).toBe(0);
        }
    }
  } finally {
    await image.close();
  }
}

function bytesOf({ buffer, byteOffset, byteLength }: Uint8Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
