import * as fs from 'node:fs';
import * as net from 'node:net';
import * as path from 'node:path';
import { execFileSync } from 'node:child_process';
import { expect, onTestFinished, test } from 'vitest';
import { describeFiles, modeOf, typeOfFile, type DescriptorStat } from '../../src/capture/files.js';
import type { FileDescriptor } from '../../src/format/model/image.js';
import { scratchDirectory } from '../support/scratch.js';

type Is = 'isFile' | 'isDirectory' | 'isSocket' | 'isFIFO' | 'isCharacterDevice';

function statOf(is: Is | undefined, rdev = 0): DescriptorStat {
  const says = (name: Is) => (): boolean => name === is;
  return {
    rdev,
    isFile: says('isFile'),
    isDirectory: says('isDirectory'),
    isSocket: says('isSocket'),
    isFIFO: says('isFIFO'),
    isCharacterDevice: says('isCharacterDevice'),
  };
}

function device(major: number, minor: number): number {
  return ((minor & 0xfff00) << 12) | (major << 8) | (minor & 0xff);
}

test.each([
  ['isFile', 0, '/tmp/pipe:[1]', 'regular'],
  ['isDirectory', 0, '/tmp', 'directory'],
  ['isFIFO', 0, 'pipe:[1234]', 'pipe'],
  ['isFIFO', 0, '/tmp/fifo', 'fifo'],
  ['isSocket', 0, 'socket:[1234]', 'socket'],
  ['isCharacterDevice', device(4, 1), '/dev/tty1', 'tty'],
  ['isCharacterDevice', device(5, 0), '/dev/tty', 'tty'],
  ['isCharacterDevice', device(136, 3), '/dev/pts/3', 'tty'],
  ['isCharacterDevice', device(143, 0x12345), '/dev/pts/9', 'tty'],
  ['isCharacterDevice', device(1, 3), '/dev/null', 'other'],
  ['isCharacterDevice', device(135, 0), '/dev/mtrr', 'other'],
  [undefined, 0, 'anon_inode:[eventpoll]', 'epoll'],
  [undefined, 0, 'anon_inode:[eventfd]', 'eventfd'],
  [undefined, 0, 'anon_inode:[timerfd]', 'other'],
] as const)('%s, device %i, link %s is a %s', (is, rdev, link, type) => {
  expect(typeOfFile(statOf(is, rdev), link)).toBe(type);
});

test.each(['pipe', 'fifo', 'socket', 'tty', 'epoll', 'eventfd'] as const)('a %s has no position', (type) => {
  expect(modeOf(2, type)).toBe(3);
});

function own(fd: number): FileDescriptor | undefined {
  return describeFiles(process.pid).find((descriptor) => descriptor.fd === fd);
}

test('of a living process a fifo and the two ends of a socket are known, each end by itself', async () => {
  const fifo = path.join(scratchDirectory(), 'fifo');
  execFileSync('mkfifo', [fifo]);
  const ends = [fs.openSync(fifo, 'r+'), fs.openSync(fifo, 'r+')];
  const server = net.createServer();
  onTestFinished(() => {
    for (const fd of ends) fs.closeSync(fd);
    server.close();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const [a, b] = ends.map(own);
  expect(a?.file).toMatchObject({ type: 'fifo', name: fifo });
  expect(b?.file).toMatchObject({ type: 'fifo', name: fifo });
  expect(a?.file).not.toBe(b?.file);
  expect(describeFiles(process.pid).map(({ file }) => file.type)).toContain('socket');
});
