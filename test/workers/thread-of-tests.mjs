// A thread of a crew that knows the kernels of the tests; it needs the built library.
import { parentPort } from 'node:worker_threads';
import { FormatError, MemoryError } from '../../dist/format/errors.js';
import { serve } from '../../dist/workers/serve.js';

function echo({ say, delayMs = 0 }, buffers) {
  for (const end = performance.now() + delayMs; performance.now() < end;);
  return { said: say, bytes: buffers.map((buffer) => buffer.slice()) };
}

function fail(how) {
  if (how === 'format')
    throw new FormatError('BAD_FIELD', { at: { offset: 77, path: 'task[0]' }, what: 'a field', actual: 3 });
  if (how === 'memory') throw new MemoryError('NOT_MAPPED', 0x1000n, { what: 'nothing at 0x1000' });
  throw new RangeError('not one of ours');
}

serve(parentPort, [
  { name: 'echo', run: echo },
  { name: 'throw', run: fail },
  { name: 'die', run: () => process.exit(3) },
]);
