import { once } from 'node:events';
import * as path from 'node:path';
import { expect, test } from 'vitest';
import { critExpecting, startCrit } from '../support/cli.js';
import { isStopped } from '../support/procfs.js';
import { scratchDirectory } from '../support/scratch.js';
import { startShapes, waitUntilItRuns } from '../support/target.js';

test.each([['--pages'], ['--bytes']])(
  'diff %s of a process lets it run on before a slow reader has read',
  async (option) => {
    const image = path.join(scratchDirectory(), 'image');
    const target = await startShapes();
    // an image of another process of the same kind: nearly everything differs, far more than a pipe holds
    const other = await startShapes();
    await critExpecting(0, ['capture', String(other.pid), '-o', image]);
    const reading = startCrit(['diff', option, image, `pid:${target.pid}`]);
    if (!reading.stdout) throw new Error('crit has no output');
    // nothing is read on: what comes after the first part waits in the pipe
    await once(reading.stdout, 'readable');
    await waitUntilItRuns(target);
    expect(isStopped(target.pid)).toBe(false);
    reading.kill('SIGKILL');
  },
);
