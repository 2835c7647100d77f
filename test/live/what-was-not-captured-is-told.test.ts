import * as fs from 'node:fs';
import * as path from 'node:path';
import { describe, expect, test } from 'vitest';
import { openFile } from '../../src/format/bytes/file.js';
import type { Image, Vma } from '../../src/format/model/image.js';
import { readImage } from '../../src/format/registry.js';
import { crit, critExpecting } from '../support/cli.js';
import { scratchDirectory } from '../support/scratch.js';
import { startSharers } from '../support/sharers.js';
import { needsRoot } from '../support/skip.js';

const UID = 65_534;

/** The mappings of the first task. */
async function vmasOf(file: string): Promise<readonly Vma[]> {
  const image: Image = await readImage(openFile(file));
  await image.close();
  return image.tasks[0]?.mm?.vmas ?? [];
}

function vmaNamed(vmas: readonly Vma[], prefix: string): Vma {
  const vma = vmas.find(({ name }) => name?.startsWith(prefix));
  if (!vma) throw new Error(`no ${prefix}`);
  return vma;
}

/** A capture through a pipe. */
async function piped(pid: number, ...options: readonly string[]): Promise<string> {
  const file = path.join(scratchDirectory(), 'image');
  const { stdout } = await critExpecting(0, ['capture', String(pid), '-o', '-', ...options]);
  fs.writeFileSync(file, stdout);
  return file;
}

describe.each(['v11', 'v23'])('%s', (revision) => {
  test('memory that was left out on request is not read as zero, nor searched, and why tells the reason', async () => {
    const { pid } = await startSharers({ children: 0 });
    const file = await piped(pid, '--to', revision, '--exclude', 'shared-anon', '--exclude', '[heap]');
    const vmas = await vmasOf(file);
    const { vm_start, uncaptured } = vmaNamed(vmas, '/dev/zero');
    expect(uncaptured?.reason).toBe('excluded');
    const address = `0x${vm_start.toString(16)}`;
    const read = await crit(['read', file, address, '16']);
    expect(read.status).not.toBe(0);
    expect(read.stderr).toContain('NOT_IN_IMAGE');
    const why = await critExpecting(0, ['why', file, address, '--json']);
    expect(JSON.parse(why.stdout.toString())).toMatchObject({ uncaptured: 'it was left out on request' });
    const show = await critExpecting(0, ['show', file]);
    expect(show.stdout.toString()).toContain('64 pages not captured: it was left out on request');
    await critExpecting(0, ['verify', file]);
  });

  test('of an object of which a part is left out no page is zero because no process has it', async (context) => {
    needsRoot(context);
    const { pid } = await startSharers({ children: 0, gone: 1 });
    const { vm_start, vm_end } = vmaNamed(await vmasOf(await piped(pid)), '/dev/zero');
    const [start, second] = [vm_start, vm_start + 4096n].map((vaddr) => vaddr.toString(16));
    const file = await piped(pid, '--to', revision, '--exclude', `${String(start)}-${String(second)}`);
    const { pages, uncaptured } = vmaNamed(await vmasOf(file), '/dev/zero');
    expect(uncaptured?.reason).toBe('excluded');
    expect(pages.totalPages).toBeGreaterThan(0);
    // one that was left out, and one that a child wrote which is gone
    for (const vaddr of [vm_start, vm_end - 8n])
      expect((await crit(['read', file, `0x${vaddr.toString(16)}`, '8'])).stderr).toContain('NOT_IN_IMAGE');
  });

  test('an object of which a part is asked for is captured as a whole', async (context) => {
    needsRoot(context);
    const { pid } = await startSharers({ children: 0, gone: 1 });
    const plain = await piped(pid, '--to', revision);
    const { vm_start, vm_end } = vmaNamed(await vmasOf(plain), '/dev/zero');
    const range = [vm_start, vm_start + 4096n].map((vaddr) => vaddr.toString(16)).join('-');
    const file = await piped(pid, '--to', revision, '--include', range);
    for (const image of [plain, file]) {
      const last = await critExpecting(0, ['read', image, `0x${(vm_end - 4096n).toString(16)}`, '4096']);
      expect(last.stdout.some((byte) => byte !== 0)).toBe(true);
    }
  });

  test('pages of shared memory that an ordinary user cannot see are not zero', async (context) => {
    needsRoot(context);
    const { pid } = await startSharers({ children: 0, gone: 1, uid: UID });
    const directory = scratchDirectory();
    fs.chmodSync(directory, 0o777);
    const file = path.join(directory, 'image');
    await critExpecting(0, ['capture', String(pid), '-o', file, '--to', revision], { uid: UID });
    fs.chmodSync(file, 0o644);
    const vmas = await vmasOf(file);
    for (const prefix of ['/dev/zero', '/memfd:', '/SYSV'])
      expect(vmaNamed(vmas, prefix).uncaptured?.reason, prefix).toBe('unreadable');
    // the last page was written by a child that is gone
    const { vm_end } = vmaNamed(vmas, '/dev/zero');
    const read = await crit(['read', file, `0x${(vm_end - 8n).toString(16)}`, '8']);
    expect(read.stderr).toContain('could not be read by itself');
  });
});

test('the kernel counts the pages of a segment: nothing is unknown of one that is seen as a whole', async (context) => {
  needsRoot(context);
  const { pid } = await startSharers({ children: 0, uid: UID });
  const directory = scratchDirectory();
  fs.chmodSync(directory, 0o777);
  const file = path.join(directory, 'image');
  await critExpecting(0, ['capture', String(pid), '-o', file], { uid: UID });
  fs.chmodSync(file, 0o644);
  const vmas = await vmasOf(file);
  expect(vmaNamed(vmas, '/SYSV').uncaptured).toBeUndefined();
  expect(vmaNamed(vmas, '/dev/zero').uncaptured?.reason).toBe('unreadable');
});

test('a segment stands in the namespace of its task, with its owner, and is called after its key', async () => {
  const { pid } = await startSharers({ children: 1 });
  const file = path.join(scratchDirectory(), 'image');
  await critExpecting(0, ['capture', '--tree', String(pid), '-o', file]);
  const image = await readImage(openFile(file));
  await image.close();
  const [first, second] = image.tasks;
  const [vma, other] = [first, second].map((task) => vmaNamed(task?.mm?.vmas ?? [], '/SYSV'));
  expect(vma).toMatchObject({ kind: 'sysv', name: '/SYSV00000000 (deleted)' });
  expect(other?.shared).toBe(vma?.shared);
  const items = first?.threads[0].kernel?.sections.ns ?? [];
  const segment = items.find((item) => item.kind === 'record' && item.name === 'IPC_SHM');
  const uid = process.getuid?.() ?? 0;
  expect(segment).toMatchObject({ fields: { key: 0, uid, cuid: uid, shm_cprid: pid, shm_segsz: 64n * 4096n } });
  expect(items.find((item) => item.kind === 'memory')).toMatchObject({ memory: { id: vma?.shared?.id } });
  const namespaceOf = (task: Image['tasks'][number] | undefined): unknown =>
    task?.threads[0].kernel?.sections.ns?.findLast((item) => item.kind === 'record' && item.name === 'TASK_NS');
  expect(namespaceOf(second)).toEqual(namespaceOf(first));
});
