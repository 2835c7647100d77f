// The program as `npm run build` made it.
import * as fs from 'node:fs';
import * as path from 'node:path';
import { expect, test } from 'vitest';
import { critExpecting } from '../support/cli.js';
import { GOLDEN, goldenBytes } from '../support/golden.js';
import { startRangeServer } from '../support/range-server.js';
import { scratchDirectory } from '../support/scratch.js';

const FILE = path.join(GOLDEN, 'D2-v11-x86_64.img');
const OTHER = path.join(GOLDEN, 'D2-v11-x86_32.img');
const IO_FAILED = 5;

test.each([['show'], ['show', '--json'], ['show', '--records'], ['info'], ['info', '--json'], ['verify']])(
  '%s %s says the same of a URL as of the file',
  async (...words) => {
    const server = await startRangeServer(FILE);
    const byUrl = await critExpecting(0, [...words, server.url]);
    const byFile = await critExpecting(0, [...words, FILE]);
    expect(byUrl.stdout.toString().replaceAll(server.url, FILE)).toBe(byFile.stdout.toString());
  },
);

test('diff, convert, decode and encode read URLs', async () => {
  const server = await startRangeServer(FILE);
  const directory = scratchDirectory();
  await critExpecting(0, ['diff', FILE, server.url]);
  await critExpecting(1, ['diff', server.url, OTHER]);
  const out = path.join(directory, 'out.img');
  await critExpecting(0, ['convert', server.url, out, '--to', 'v11']);
  await critExpecting(0, ['diff', server.url, out]);
  const document = path.join(directory, 'document.json');
  await critExpecting(0, ['decode', server.url, '-o', document]);
  await critExpecting(0, ['encode', document, '-o', out]);
  expect(new Uint8Array(fs.readFileSync(out))).toEqual(goldenBytes('D2-v11-x86_64'));
});

test('a server that does not do its part ends with status 5 and one line, without secrets', async () => {
  const server = await startRangeServer(FILE);
  server.faults.push({ whole: true });
  const { stderr, stdout } = await critExpecting(IO_FAILED, ['info', server.url.replace('//', '//me:secret@')]);
  expect(stdout.length).toBe(0);
  expect(stderr).toBe(
    `crit: the server of ${server.url} does not give parts of it (it sends all of it)  [NO_RANGES]\n`,
  );
});
