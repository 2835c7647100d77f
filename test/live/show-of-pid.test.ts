import * as fs from 'node:fs';
import * as path from 'node:path';
import { expect, test } from 'vitest';
import { critExpecting } from '../support/cli.js';
import { isStopped, stopProcess } from '../support/procfs.js';
import { scratchDirectory } from '../support/scratch.js';
import { startShapes, waitUntilItRuns } from '../support/target.js';
import { readTruth } from '../support/truth.js';

interface Vma {
  readonly start: string;
  readonly end: string;
  readonly perms: string;
  readonly kind: string;
  readonly name: string | null;
  readonly pagesDumped: number;
}

/** What `crit show --json` prints, as far as it is looked at here. */
interface Shown {
  readonly tasks: readonly {
    readonly pid: number;
    readonly mm: {
      readonly vmas: readonly Vma[];
    };
  }[];
}

async function show(what: string, cwd: string): Promise<Shown> {
  const { stdout } = await critExpecting(0, ['show', what, '--json'], { cwd });
  // the shape is documented; what is read of it is compared below
  return JSON.parse(stdout.toString()) as Shown;
}

test('show pid:N says of a process what show says of its image, and writes nothing', async () => {
  const [directory, elsewhere] = [scratchDirectory(), scratchDirectory()];
  const image = path.join(elsewhere, 'image');
  const target = await startShapes({ threads: 4 });
  await stopProcess(target.pid);
  await critExpecting(0, ['capture', String(target.pid), '-o', image, '--to', 'v11']);
  const ofProcess = await show(`pid:${target.pid}`, directory);
  const ofImage = await show(image, directory);
  const vmas = (shown: Shown): unknown =>
    shown.tasks[0]?.mm.vmas.map(({ start, end, perms, kind, name, pagesDumped }) => {
      return { start, end, perms, kind, name, pagesDumped };
    });
  expect(vmas(ofProcess)).toEqual(vmas(ofImage));
  expect(isStopped(target.pid)).toBe(true);
  expect(fs.readdirSync(directory)).toEqual([]);
});

test('show pid:N lists every mapping that the kernel lists', async () => {
  const target = await startShapes();
  await stopProcess(target.pid);
  const shown = await show(`pid:${target.pid}`, scratchDirectory());
  const truth = await readTruth(target.pid);
  const ranges = shown.tasks[0]?.mm.vmas.map((vma) => [Number(vma.start), Number(vma.end)]);
  const user = ranges?.filter(([start]) => start !== undefined && start < 2 ** 53);
  expect(user).toEqual(truth.map((vma) => [vma.start, vma.end]));
});

test.each(['show', 'info'])('%s pid:N lets the process run on', async (command) => {
  const target = await startShapes({ threads: 4 });
  const { stdout } = await critExpecting(0, [command, `pid:${target.pid}`]);
  expect(stdout.toString()).toContain(`pid:${target.pid}`);
  await waitUntilItRuns(target);
});

test('a process that is not there gives status 4', async () => {
  const { stderr } = await critExpecting(4, ['show', 'pid:4194304']);
  expect(stderr).toContain('NO_SUCH_PROCESS');
});
