import * as fs from 'node:fs';
import * as path from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import type { BulkTask, Crew, Kernel } from '../../src/format/bytes/crew.js';
import { openFile } from '../../src/format/bytes/file.js';
import { INLINE_CREW } from '../../src/format/bytes/inline-crew.js';
import { MemorySource } from '../../src/format/bytes/memory.js';
import type { ByteSource } from '../../src/format/bytes/source.js';
import { startCrew } from '../../src/workers/crew.js';
import { scratchDirectory } from '../support/scratch.js';
import { runs } from '../support/seed.js';
import { ECHO, THROW, taskOf, type Echo } from './test-kernels.js';

const program = new URL('./thread-of-tests.mjs', import.meta.url);
const threads = await startCrew({ threads: 2, program });
afterAll(() => threads.close());

const BYTES = Uint8Array.from({ length: 300_000 }, (_, i) => (i * 7919) >>> 3);

/** A source that only has `read`, as one behind a network. */
function waitingSource(bytes: Uint8Array): ByteSource {
  const { name, size, isSeekable } = new MemorySource(bytes, 'remote');
  const read = async (offset: number, into: Uint8Array): Promise<number> => {
    await new Promise((resolve) => setImmediate(resolve));
    return new MemorySource(bytes).readSync(offset, into);
  };
  return { name, size, isSeekable, read, close: () => Promise.resolve() };
}

function fileSource(bytes = BYTES): ByteSource {
  const file = path.join(scratchDirectory(), 'bytes');
  fs.writeFileSync(file, bytes);
  return openFile(file);
}

async function all<T>(results: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const one of results) list.push(one);
  return list;
}

const VARIANTS: [string, () => Crew, () => ByteSource][] = [
  ['inline, file', () => INLINE_CREW, fileSource],
  ['inline, source that has to be waited for', () => INLINE_CREW, () => waitingSource(BYTES)],
  ['threads, file', () => threads, fileSource],
  ['threads, source without a descriptor', () => threads, () => waitingSource(BYTES)],
];

const range = fc.tuple(fc.nat(BYTES.length - 5000), fc.nat(5000));

describe.each(VARIANTS)('%s', (_name, crewOf, open) => {
  const run = <P, R>(kernel: Kernel<P, R>, tasks: Iterable<BulkTask<P>>, signal?: AbortSignal): AsyncGenerator<R> =>
    crewOf().run(kernel, [open()], tasks, { signal });

  test('what a kernel is given are the bytes of its ranges, results come in the order of tasks', async () => {
    const source = open();
    const plans = fc.array(fc.array(fc.array(range, { maxLength: 5 }), { minLength: 1, maxLength: 2 }), {
      maxLength: 20,
    });
    await fc.assert(
      fc.asyncProperty(plans, async (lists) => {
        const tasks = lists.map((reads, say) =>
          taskOf({ say }, ...reads.map((ranges): [number, [number, number][]] => [0, ranges])),
        );
        const expected = lists.map((reads, said) => ({
          said,
          bytes: reads.map((ranges) => Buffer.concat(ranges.map(([at, n]) => BYTES.subarray(at, at + n)))),
        }));
        const got = await all(crewOf().run(ECHO, [source], tasks));
        expect(got.map(({ said }) => said)).toEqual(expected.map(({ said }) => said));
        for (const [i, { bytes }] of got.entries())
          for (const [j, part] of bytes.entries())
            expect(Buffer.compare(part, expected[i]?.bytes[j] ?? Buffer.of())).toBe(0);
      }),
      runs(60),
    );
    await source.close();
  });

  test('a source that ends early gives TRUNCATED at the place where it does', async () => {
    const end = BYTES.length;
    const tasks = [
      taskOf({ say: 1 }, [0, [[0, 10]]]),
      taskOf({ say: 2 }, [
        0,
        [
          [0, 5],
          [end - 10, 30],
        ],
      ]),
    ];
    const results = run(ECHO, tasks);
    expect((await results.next()).value).toMatchObject({ said: 1 });
    await expect(results.next()).rejects.toMatchObject({ name: 'FormatError', code: 'TRUNCATED', offset: end });
  });

  test.each([
    ['format', { name: 'FormatError', code: 'BAD_FIELD', offset: 77, path: 'task[0]', message: 'a field is 3' }],
    ['memory', { name: 'MemoryError', code: 'NOT_MAPPED', vaddr: 0x1000n, exitCode: 3 }],
    ['other', { name: 'RangeError', message: 'not one of ours' }],
  ])('an error of a kernel comes back as it was thrown: %s', async (how, expected) => {
    await expect(all(run(THROW, [taskOf(how, [0, [[0, 8]]])]))).rejects.toMatchObject(expected);
    // and the crew goes on
    expect(await all(run(ECHO, [taskOf({ say: 5 })]))).toEqual([{ said: 5, bytes: [] }]);
  });

  test('an abort ends a run between tasks, with the reason of the signal', async () => {
    const controller = new AbortController();
    let given = 0;
    const endless = function* (): Generator<BulkTask<{ say: number; delayMs: number }>> {
      for (;;) yield taskOf({ say: given++, delayMs: 2 }, [0, [[0, 64]]]);
    };
    const reason = new Error('enough');
    const results = run<{ say: number; delayMs: number }, Echo>(ECHO, endless(), controller.signal);
    for (let i = 0; i < 5; i++) expect((await results.next()).value).toMatchObject({ said: i });
    controller.abort(reason);
    await expect(all(results)).rejects.toBe(reason);
    expect(given, 'tasks taken ahead').toBeLessThan(20);
  });

  test('a run that nobody reads to its end is over, and others are not disturbed', async () => {
    const many = Array.from({ length: 50 }, (_, say) => taskOf({ say }, [0, [[say, 100]]]));
    for await (const { said } of run(ECHO, many)) if (said === 3) break;
    const [one, two] = await Promise.all([all(run(ECHO, many)), all(run(ECHO, many))]);
    expect(one.map(({ said }) => said)).toEqual(many.map((_, i) => i));
    expect(two).toEqual(one);
  });
});

test('a thread that dies is an error, not a hang', async () => {
  const crew = await startCrew({ threads: 2, program });
  const die: Kernel<number, number> = { name: 'die', run: () => 0 };
  const source = fileSource();
  await expect(all(crew.run(die, [source], [taskOf(1), taskOf(2)]))).rejects.toMatchObject({ code: 'WORKER_FAILED' });
  await expect(all(crew.run(ECHO, [source], [taskOf({ say: 1 })]))).rejects.toMatchObject({ code: 'WORKER_FAILED' });
  await crew.close();
});

test('a closed descriptor is the error of the source, not of the thread', async () => {
  const source = fileSource();
  await source.close();
  const results = all(threads.run(ECHO, [source], [taskOf({ say: 1 }, [0, [[0, 10]]])]));
  await expect(results).rejects.toMatchObject({ name: 'IoError', code: 'READ_FAILED' });
});

test('our own threads start from the built library, and an idle crew does not keep a program alive', async () => {
  const { execFileSync } = await import('node:child_process');
  const built = new URL('../../dist/workers/crew.js', import.meta.url).href;
  const code = `import { startCrew } from ${JSON.stringify(built)}; const crew = await startCrew(); console.log(crew.threads)`;
  const out = execFileSync(process.execPath, ['--input-type=module', '-e', code], {
    timeout: 10_000,
    encoding: 'utf8',
  });
  expect(Number(out)).toBeGreaterThan(0);
});
