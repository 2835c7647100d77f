import * as fs from 'node:fs';
import * as path from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { FileSink } from '../../src/format/bytes/file-sink.js';
import { MemorySource } from '../../src/format/bytes/memory.js';
import { BufferedWriter } from '../../src/format/bytes/writer.js';
import { ThreadedSink } from '../../src/workers/threaded-sink.js';
import { scratchDirectory } from '../support/scratch.js';
import { runs } from '../support/seed.js';

const program = new URL('../../dist/workers/sink-main.js', import.meta.url);
const MIB = 1024 * 1024;
const BYTES = Uint8Array.from({ length: 3 * MIB }, (_, i) => (i * 7919) >>> 5);

/** A piece of structure, or contents from an offset. */
type Step = { readonly add: number } | { readonly offset: number; readonly length: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ add: fc.nat(100_000) }),
  fc.record({ offset: fc.nat(MIB), length: fc.nat(2 * MIB) }),
);

async function write(steps: readonly Step[], sink: FileSink | ThreadedSink, pauseMs: number): Promise<void> {
  const writer = new BufferedWriter(sink);
  const source = new MemorySource(BYTES);
  for (const one of steps) {
    if ('add' in one) writer.add(BYTES.subarray(0, one.add));
    else await writer.copyContents(source, one.offset, one.length);
    // the thread gets ready in the middle of it
    if (pauseMs > 0) await new Promise((resolve) => setTimeout(resolve, pauseMs));
    await writer.settle();
  }
  await writer.flush();
}

function expected(steps: readonly Step[]): Buffer {
  return Buffer.concat(
    steps.map((one) =>
      'add' in one ? BYTES.subarray(0, one.add) : BYTES.subarray(one.offset, one.offset + one.length),
    ),
  );
}

test.each([
  ['with its thread', program],
  ['without one, for the program is not there', new URL('file:///nonexistent/sink-main.js')],
])('a file that is written beside reading holds what was written: %s', async (_name, entry) => {
  const file = path.join(scratchDirectory(), 'image');
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 30 }), fc.nat(8), async (steps, pauseMs) => {
      const sink = new ThreadedSink(new FileSink(file), entry);
      await write(steps, sink, pauseMs);
      await sink.commit();
      expect(sink.position).toBe(expected(steps).length);
      expect(Buffer.compare(fs.readFileSync(file), expected(steps))).toBe(0);
    }),
    runs(15),
  );
  expect(fs.readdirSync(path.dirname(file))).toEqual(['image']);
});

test('the thread does take part', async () => {
  const directory = scratchDirectory();
  const file = new FileSink(path.join(directory, 'image'));
  const sink = new ThreadedSink(file, program);
  let own = 0;
  const write = file.write.bind(file);
  file.write = (bytes) => {
    own += bytes.length;
    write(bytes);
  };
  const writer = new BufferedWriter(sink);
  const source = new MemorySource(BYTES);
  for (let i = 0; i < 100; i++) {
    await writer.copyContents(source, 0, MIB);
    if (i < 20) await new Promise((resolve) => setTimeout(resolve, 10));
  }
  await writer.flush();
  await sink.commit();
  expect(own).toBeLessThan(60 * MIB);
  expect(fs.statSync(path.join(directory, 'image')).size).toBe(100 * MIB);
});

test('an abort leaves nothing, also while the thread writes', async () => {
  const directory = scratchDirectory();
  for (const count of [0, 1, 3, 40]) {
    const sink = new ThreadedSink(new FileSink(path.join(directory, 'image')), program);
    const writer = new BufferedWriter(sink);
    for (let i = 0; i < count; i++) await writer.copyContents(new MemorySource(BYTES), i, MIB);
    await sink.abort();
    expect(fs.readdirSync(directory)).toEqual([]);
  }
});

test('what the thread cannot write is an error as without it', async () => {
  const file = new FileSink(path.join(scratchDirectory(), 'image'));
  const full = fs.openSync('/dev/full', 'w');
  const leave = file.leave.bind(file);
  // everything that is left to the thread goes to a device that is full
  file.leave = (length) => ({ ...leave(length), fd: full });
  const sink = new ThreadedSink(file, program);
  const writer = new BufferedWriter(sink);
  const fill = async (): Promise<void> => {
    for (let i = 0; i < 200; i++) {
      await writer.copyContents(new MemorySource(BYTES), 0, MIB);
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    await sink.commit();
  };
  await expect(fill()).rejects.toMatchObject({
    code: 'WRITE_FAILED',
    message: expect.stringContaining('ENOSPC') as unknown,
  });
  await sink.abort();
  fs.closeSync(full);
});
