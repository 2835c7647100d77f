import * as fs from 'node:fs';
import * as path from 'node:path';
import { expect, test } from 'vitest';
import { critExpecting } from '../support/cli.js';
import { isStopped, stopProcess } from '../support/procfs.js';
import { scratchDirectory } from '../support/scratch.js';
import { startShapes } from '../support/target.js';

test('read and why say the same of a process and of its image, and leave it as it was', async () => {
  const image = path.join(scratchDirectory(), 'image');
  const target = await startShapes();
  await stopProcess(target.pid);
  await critExpecting(0, ['capture', String(target.pid), '-o', image]);
  const process = `pid:${String(target.pid)}`;
  const said = async (what: string, args: readonly string[]): Promise<string> =>
    (await critExpecting(0, [args[0] ?? '', what, ...args.slice(1)])).stdout.toString('latin1');
  for (const args of [
    ['read', '[heap]', '4096'],
    ['read', '[heap]', '0x1000', '--raw'],
    ['read', '[heap]', '--u64', '--json'],
  ])
    expect(await said(process, args)).toBe(await said(image, args));
  const facts = async (what: string): Promise<unknown> => {
    const why = JSON.parse(await said(what, ['why', '[heap]', '--json'])) as Record<string, unknown>;
    return [why['label'], why['area'], why['state']];
  };
  expect(await facts(process)).toEqual(await facts(image));
  const program = fs.readFileSync(`/proc/${String(target.pid)}/exe`, 'latin1');
  expect(await said(process, ['read', 'vma[0]', '128', '--raw', '--files'])).toBe(program.slice(0, 128));
  expect(isStopped(target.pid)).toBe(true);
});
