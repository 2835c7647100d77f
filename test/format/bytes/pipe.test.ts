import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { execFileSync, spawn } from 'node:child_process';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { PipeSink, PipeSource } from '../../../src/format/bytes/pipe.js';

let directory = '';
beforeAll(() => {
  directory = fs.mkdtempSync(path.join(os.tmpdir(), 'crit-fifo-'));
});
afterAll(() => {
  fs.rmSync(directory, { recursive: true });
});

let count = 0;
function fifo(): string {
  const name = path.join(directory, `fifo${String(count++)}`);
  execFileSync('mkfifo', [name]);
  return name;
}

/** What `i` of a long pattern is. */
const patternAt = (i: number): number => (i * 31 + (i >>> 8)) & 0xff;

function pipeOf(length: number): PipeSource {
  const name = fifo();
  const whole = path.join(directory, `whole${String(count)}`);
  fs.writeFileSync(
    whole,
    Uint8Array.from({ length }, (_, i) => patternAt(i)),
  );
  spawn('sh', ['-c', `exec cat ${whole} > ${name}`]);
  return new PipeSource(fs.openSync(name, 'r'), 'fifo');
}

test('a pipe is read forwards, jumping over parts, and its size is known at its end', async () => {
  const length = 20_000_000;
  const source = pipeOf(length);
  const into = new Uint8Array(1000);
  for (const offset of [0, 10, 5_000_000, 19_999_500]) {
    const got = await source.read(offset, into);
    expect(got).toBe(Math.min(1000, length - offset));
    expect(into[0]).toBe(patternAt(offset));
    expect(into[got - 1]).toBe(patternAt(offset + got - 1));
  }
  expect(await source.read(length + 5, into)).toBe(0);
  expect(source.size).toBe(length);
  await source.close();
});

test('what was read lately can be read again, what is long gone cannot', async () => {
  const source = pipeOf(20_000_000);
  const into = new Uint8Array(16);
  expect(source.size).toBe(Infinity);
  await source.read(15_000_000, into);
  expect(await source.read(12_000_000, into)).toBe(16);
  expect(into[0]).toBe(patternAt(12_000_000));
  await expect(source.read(0, into)).rejects.toMatchObject({ code: 'NOT_SEEKABLE', offset: 0 });
  await source.close();
});

test('a reader that goes away is told from a failure', async () => {
  const name = fifo();
  const reader = spawn('sh', ['-c', `head -c 10 < ${name} > /dev/null`]);
  const sink = new PipeSink(fs.openSync(name, 'w'), 'fifo');
  const writing = (async (): Promise<void> => {
    for (;;) await sink.write(new Uint8Array(1 << 20));
  })();
  await expect(writing).rejects.toMatchObject({ code: 'OUTPUT_CLOSED' });
  await sink.abort();
  expect(reader.killed).toBe(false);
});
