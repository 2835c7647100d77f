import * as fs from 'node:fs';
import * as path from 'node:path';
import { expect, test } from 'vitest';
import { critExpecting } from '../support/cli.js';
import { stopProcess } from '../support/procfs.js';
import { scratchDirectory } from '../support/scratch.js';
import { needsRoot } from '../support/skip.js';
import { startShapes, waitUntilItRuns } from '../support/target.js';
import { faultsOf, readStrictly, readTruth } from '../support/truth.js';

const NOBODY = 65534;

function openDirectory(): string {
  const directory = scratchDirectory();
  fs.chmodSync(directory, 0o777);
  return directory;
}

test('a user without privileges captures an own process byte for byte', async (context) => {
  needsRoot(context);
  const target = await startShapes({ threads: 4, uid: NOBODY });
  await stopProcess(target.pid);
  const image = path.join(openDirectory(), 'image');
  await critExpecting(
    0,
    ['capture', '--include', 'scratch', String(target.pid), '-o', image, '--to', 'v11', '--no-index'],
    { uid: NOBODY },
  );
  const [task] = await readStrictly(image);
  if (task === undefined) throw new Error('the image holds no task');
  expect(faultsOf(task, await readTruth(target.pid))).toEqual([]);
});

test('a user without privileges is refused the process of somebody else, which runs on', async (context) => {
  needsRoot(context);
  const target = await startShapes();
  const directory = openDirectory();
  const args = ['capture', '--include', 'scratch', String(target.pid), '-o', path.join(directory, 'image')];
  const { stderr } = await critExpecting(4, args, { uid: NOBODY });
  expect(stderr).toContain('NO_PERMISSION');
  expect(fs.readdirSync(directory)).toEqual([]);
  await waitUntilItRuns(target);
});
