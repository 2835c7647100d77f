import * as fs from 'node:fs';
import * as path from 'node:path';
import { expect, test } from 'vitest';
import { openFile } from '../../src/format/bytes/file.js';
import { fill } from '../../src/format/bytes/source.js';
import type { Image, Vma } from '../../src/format/model/image.js';
import type { SharedMemory } from '../../src/format/model/shared-memory.js';
import { readImage } from '../../src/format/registry.js';
import { sharedMemoryIn, type MappedVma } from '../../src/inspect/shared-memory.js';
import { critExpecting } from '../support/cli.js';
import { isStopped } from '../support/procfs.js';
import { scratchDirectory } from '../support/scratch.js';
import { type SharedObject, type Sharers, ownBytes, startSharers, waitUntilAllRun } from '../support/sharers.js';
import { needsRoot } from '../support/skip.js';

const PAGE_BYTES = 4096;
/** What `sharers` keeps in its own shared mapping of a file is no object. */
const OBJECTS = 3;

interface Found {
  readonly memory: SharedMemory;
  readonly users: readonly MappedVma[];
  /** Contents by page. */
  readonly pages: ReadonlyMap<number, Uint8Array>;
}

async function pagesOf({ contents }: Image, { pages }: SharedMemory): Promise<Map<number, Uint8Array>> {
  const read = new Map<number, Uint8Array>();
  for (let run = 0; run < pages.count; run++) {
    for (let i = 0; i < (pages.nrPages[run] ?? 0); i++) {
      const page = new Uint8Array(PAGE_BYTES);
      await fill(contents, (pages.offset[run] ?? 0) + i * PAGE_BYTES, page);
      read.set((pages.vpn[run] ?? 0) + i, page);
    }
  }
  return read;
}

/** The shared memory of an image, in the order of sharers.c: by the address at which the first process has it. */
async function sharedIn(file: string, objects: readonly SharedObject[]): Promise<Found[]> {
  const image = await readImage(openFile(file));
  try {
    const found: Found[] = [];
    for (const [memory, users] of sharedMemoryIn(image))
      found.push({ memory, users, pages: await pagesOf(image, memory) });
    expect(found).toHaveLength(OBJECTS);
    return objects.map(({ name }) => {
      const one = found.find(({ users }) => isOf(name, users[0]?.vma));
      if (one === undefined) throw new Error(`the image has no ${name}`);
      return one;
    });
  } finally {
    await image.close();
  }
}

function isOf(object: string, vma: Vma | undefined): boolean {
  if (object === 'memfd') return vma?.name?.startsWith('/memfd:') === true;
  const prefix = object === 'sysv' ? '/SYSV' : '/dev/zero';
  return vma?.name?.startsWith(prefix) ?? false;
}

async function capture(sharers: Sharers, ...options: readonly string[]): Promise<string> {
  const file = path.join(scratchDirectory(), 'image');
  await critExpecting(0, ['capture', String(sharers.pid), '-o', file, ...options]);
  await waitUntilAllRun(sharers);
  return file;
}

/** The pages that hold something, and what; `isWritten` says which do. */
function expectContents(
  { page, objects }: Sharers,
  found: readonly Found[],
  isWritten: (object: SharedObject, index: number) => boolean,
): void {
  objects.forEach((object, i) => {
    const pages = found[i]?.pages ?? new Map<number, Uint8Array>();
    for (let index = 0; index < object.pages; index++) {
      const bytes = ownBytes(object, index);
      const wanted = isWritten(object, index) ? page(object.name, index) : new Uint8Array(PAGE_BYTES);
      const got = pages.get(index) ?? new Uint8Array(PAGE_BYTES);
      const isEqual = Buffer.compare(got.subarray(0, bytes), wanted.subarray(0, bytes)) === 0;
      if (!isEqual) expect.fail(`page ${index} of ${object.name} is not what was written`);
    }
  });
}

const isInFront = ({ pages, untouched }: SharedObject, index: number): boolean => index < pages - untouched;
const isInFrontOrLast = (object: SharedObject, index: number): boolean =>
  isInFront(object, index) || index === object.pages - 1;

test.each([1, 7])('a tree with %i children holds each shared object once, with the pages of all', async (children) => {
  const sharers = await startSharers({ children });
  const found = await sharedIn(await capture(sharers, '--tree'), sharers.objects);
  expectContents(sharers, found, isInFront);
  found.forEach(({ memory, users }, i) => {
    const object = sharers.objects[i];
    expect(memory.pages.totalPages).toBe((object?.pages ?? 0) - (object?.untouched ?? 0));
    expect([...new Set(users.map(({ pid }) => pid))].sort()).toEqual([...sharers.pids].sort());
    // the memfd is mapped in two parts
    expect(users).toHaveLength(sharers.pids.length * (object?.name === 'memfd' ? 2 : 1));
  });
});

test('processes named one by one share their memory as a tree does', async () => {
  const sharers = await startSharers({ children: 2 });
  const others = sharers.pids.slice(1).map((pid) => `pid:${pid}`);
  const found = await sharedIn(await capture(sharers, ...others), sharers.objects);
  expectContents(sharers, found, isInFront);
});

test.each([1, 8])('what %i children wrote that have ended is in the image of one process', async (gone) => {
  const sharers = await startSharers({ children: 0, gone });
  const found = await sharedIn(await capture(sharers), sharers.objects);
  expectContents(sharers, found, isInFrontOrLast);
});

test('what a child that is not captured has written is in the image', async () => {
  const sharers = await startSharers({ children: 3, gone: 1 });
  const found = await sharedIn(await capture(sharers), sharers.objects);
  expectContents(sharers, found, isInFrontOrLast);
  for (const { users } of found) expect(new Set(users.map(({ pid }) => pid))).toEqual(new Set([sharers.pid]));
});

test('with a pause budget the same is held, also what nobody has mapped', async () => {
  const sharers = await startSharers({ children: 0, gone: 2 });
  const found = await sharedIn(await capture(sharers, '--pause-budget'), sharers.objects);
  expectContents(sharers, found, isInFrontOrLast);
});

test('a capture allocates nothing in shared memory', async () => {
  const sharers = await startSharers({ children: 1, gone: 1 });
  const shmem = (): string =>
    /^Shmem:.*$/m.exec(fs.readFileSync(`/proc/${sharers.pid}/smaps_rollup`, 'latin1'))?.[0] ?? '';
  const rss = (): string => /^RssShmem:.*$/m.exec(fs.readFileSync(`/proc/${sharers.pid}/status`, 'latin1'))?.[0] ?? '';
  const before = [shmem(), rss()];
  await capture(sharers);
  await capture(sharers, '--tree');
  expect([shmem(), rss()]).toEqual(before);
});

test('an ordinary user is told that pages nobody has mapped may be missing', async (context) => {
  needsRoot(context);
  const uid = 65_534;
  const sharers = await startSharers({ children: 1, uid });
  const directory = scratchDirectory();
  fs.chmodSync(directory, 0o777);
  const file = path.join(directory, 'image');
  const { stdout } = await critExpecting(0, ['capture', '--tree', String(sharers.pid), '-o', file, '--json'], { uid });
  // the command prints a summary
  const { warnings } = JSON.parse(stdout.toString()) as { readonly warnings: readonly string[] };
  expect(warnings.join()).toContain('may be missing');
  fs.chmodSync(file, 0o644);
  expectContents(sharers, await sharedIn(file, sharers.objects), isInFront);
});

test('show lists each sharer of the memory', async () => {
  const sharers = await startSharers({ children: 2 });
  const file = await capture(sharers, '--tree');
  const { stdout } = await critExpecting(0, ['show', file, '--json']);
  interface Shown {
    readonly sharedMemory: readonly {
      readonly pagesDumped: number;
      readonly users: readonly { readonly pid: number }[];
    }[];
  }
  const { sharedMemory } = JSON.parse(stdout.toString()) as Shown;
  expect(sharedMemory).toHaveLength(OBJECTS);
  for (const { pagesDumped, users } of sharedMemory) {
    expect(pagesDumped).toBe(48);
    expect(new Set(users.map(({ pid }) => pid))).toEqual(new Set(sharers.pids));
  }
});

test('eight processes that share 16 MiB make one copy of it, as v11 with a list of what that cannot say', async () => {
  const sharers = await startSharers({ children: 7, mib: 16 });
  const file = await capture(sharers, '--tree', '--no-index');
  const MIB = 2 ** 20;
  expect(fs.statSync(file).size).toBeLessThan((3 * 16 + 16) * MIB);
  expectContents(sharers, await sharedIn(file, sharers.objects), isInFront);
  const old = path.join(scratchDirectory(), 'v11');
  const { stderr } = await critExpecting(0, ['capture', '--tree', String(sharers.pid), '-o', old, '--to', 'v11']);
  expect(stderr).toContain('has no sharing');
  await critExpecting(0, ['verify', old]);
  await critExpecting(0, ['verify', file]);
});

test('a child that has ended is a task without memory', async () => {
  const sharers = await startSharers({ children: 1 });
  await sharers.command('z');
  const file = await capture(sharers, '--tree');
  const image = await readImage(openFile(file));
  const zombies = image.tasks.filter(({ exitState }) => exitState !== 0);
  expect(zombies).toMatchObject([{ ppid: sharers.pid, mm: undefined, exitCode: 3 << 8, files: [] }]);
  expect(image.tasks.map(({ pid }) => pid)).toEqual([...sharers.pids, ...zombies.map(({ pid }) => pid)]);
  await image.close();
});

test('after a capture that fails all of them run again', async () => {
  const sharers = await startSharers({ children: 3 });
  const file = path.join(scratchDirectory(), 'there is no such directory', 'image');
  await critExpecting(5, ['capture', '--tree', String(sharers.pid), '-o', file]);
  await waitUntilAllRun(sharers);
  const strict = path.join(scratchDirectory(), 'image');
  await critExpecting(4, ['capture', '--tree', String(sharers.pid), '-o', strict, '--strict', '--to', 'v11']);
  await waitUntilAllRun(sharers);
  expect(fs.existsSync(strict)).toBe(false);
});

test('a process that was stopped before is left so, and the others run again', async () => {
  const sharers = await startSharers({ children: 2 });
  const [, stopped = 0] = sharers.pids;
  process.kill(stopped, 'SIGSTOP');
  const file = path.join(scratchDirectory(), 'image');
  await critExpecting(0, ['capture', '--tree', String(sharers.pid), '-o', file]);
  expect(sharers.pids.filter(isStopped)).toEqual([stopped]);
  process.kill(stopped, 'SIGCONT');
  await waitUntilAllRun(sharers);
});
