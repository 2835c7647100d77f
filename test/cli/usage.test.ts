// The program as `npm run build` made it.
import * as path from 'node:path';
import { expect, test } from 'vitest';
import { critExpecting } from '../support/cli.js';
import { GOLDEN } from '../support/golden.js';

const IMAGE = path.join(GOLDEN, 'tiny-v11.img');
const USAGE = 2;

test.each([
  ['an option before the image', ['show', '--bogus', IMAGE], 'unknown option --bogus'],
  ['an option behind it', ['show', IMAGE, '--bogus'], 'unknown option --bogus'],
  ['a letter', ['verify', '-x', IMAGE], 'unknown option -x'],
  ['an option behind known ones', ['convert', '--to', 'v8', '--strct', IMAGE, 'out.img'], 'unknown option --strct'],
  ['a process that is no number', ['show', 'pid:abc'], 'process is pid:abc, expected pid:N'],
  ['a process without a number', ['verify', 'pid:'], 'process is pid:, expected pid:N'],
])('%s is named as wrong usage', async (_, words, text) => {
  const { stdout, stderr } = await critExpecting(USAGE, words);
  expect(stdout.length).toBe(0);
  expect(stderr).toContain(text);
});
