import { FormatError, MemoryError } from '../../src/format/errors.js';
import type { BulkTask, Kernel } from '../../src/format/bytes/crew.js';

/** What dist/ and the sources both know by these names; worker-main-of-tests.mjs runs the same in threads. */
export interface EchoParameters {
  readonly say: number;
  readonly delayMs?: number;
}

export interface Echo {
  readonly said: number;
  readonly bytes: readonly Uint8Array[];
}

/** Gives back its number and copies of all that was read. */
export const ECHO: Kernel<EchoParameters, Echo> = {
  name: 'echo',
  run: ({ say, delayMs = 0 }, buffers) => {
    for (const end = performance.now() + delayMs; performance.now() < end;);
    return { said: say, bytes: buffers.map((buffer) => buffer.slice()) };
  },
};

export const THROW: Kernel<string, never> = {
  name: 'throw',
  run: (how) => {
    if (how === 'format')
      throw new FormatError('BAD_FIELD', { at: { offset: 77, path: 'task[0]' }, what: 'a field', actual: 3 });
    if (how === 'memory') throw new MemoryError('NOT_MAPPED', 0x1000n, { what: 'nothing at 0x1000' });
    throw new RangeError('not one of ours');
  },
};

export function taskOf<P>(
  parameters: P,
  ...reads: [source: number, ranges: readonly [number, number][]][]
): BulkTask<P> {
  return {
    parameters,
    reads: reads.map(([source, ranges]) => ({
      source,
      offset: Float64Array.from(ranges, ([offset]) => offset),
      length: Float64Array.from(ranges, ([, length]) => length),
    })),
  };
}
