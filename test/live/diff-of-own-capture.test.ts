import { spawn } from 'node:child_process';
import * as path from 'node:path';
import { expect, test } from 'vitest';
import { critExpecting } from '../support/cli.js';
import { scratchDirectory } from '../support/scratch.js';

/** Files of all sorts and memory of all sorts, and then it waits for its input. */
const TARGET = `
const fs = require('node:fs');
require('node:net').createServer().listen(0, '127.0.0.1');
fs.openSync('/tmp'); fs.openSync('/dev/null'); fs.openSync('/proc/self/exe');
process.stdin.resume();
setTimeout(() => process.stdout.write('ready'), 50);
`;

test.each([
  ['cat, which waits', ['cat']],
  ['node, with sockets, pipes, epoll and a directory', [process.execPath, '-e', TARGET]],
] as const)('a process does not differ from its own capture: %s', async (_, [command, ...args]) => {
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'ignore'] });
  try {
    if (args.length > 0) await new Promise((resolve) => child.stdout.once('data', resolve));
    // stopped, so that it is the same both times
    process.kill(child.pid ?? 0, 'SIGSTOP');
    const image = path.join(scratchDirectory(), 'own.img');
    await critExpecting(0, ['capture', String(child.pid), '-o', image]);
    const { stdout } = await critExpecting(0, ['diff', image, `pid:${String(child.pid)}`]);
    expect(stdout.toString()).toContain('do not differ');
    const again = path.join(scratchDirectory(), 'again.img');
    await critExpecting(0, ['capture', String(child.pid), '-o', again]);
    await critExpecting(0, ['diff', image, again]);
    await critExpecting(0, ['digest', image, again]);
  } finally {
    child.kill('SIGKILL');
  }
});
