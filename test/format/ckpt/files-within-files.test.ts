import { expect, test } from 'vitest';
import { MemorySource } from '../../../src/format/bytes/memory.js';
import { readImage, readRecords } from '../../../src/format/registry.js';
import { verifyImage } from '../../../src/inspect/verify.js';
import { goldenBytes } from '../../support/golden.js';

const DEPTH = 100_000;
const [OBJREF_BYTES, OBJREF_NUMBER] = [16, 12];
const FIRST_NUMBER = 100_000;

/** An image in which the first file begins within so many others. */
async function nested(): Promise<Uint8Array> {
  const bytes = goldenBytes('H3-tree-x86_64');
  for await (const { name, path, offset } of readRecords(new MemorySource(bytes, 'golden.img'))) {
    if (name !== 'OBJREF' || path !== 'task[0].files.fd[0].file') continue;
    const reference = bytes.subarray(offset, offset + OBJREF_BYTES);
    const references = Array.from({ length: DEPTH }, (_, i) => {
      const copy = Buffer.from(reference);
      copy.writeInt32LE(FIRST_NUMBER + i, OBJREF_NUMBER);
      return copy;
    });
    return Buffer.concat([bytes.subarray(0, offset), ...references, bytes.subarray(offset)]);
  }
  throw new Error('the golden image has no such file');
}

test('files that nest without end are refused, and are one finding among others', async () => {
  const bytes = await nested();
  await expect(readImage(new MemorySource(bytes, 'deep.img'))).rejects.toMatchObject({ code: 'LENGTH_OVERRUN' });
  const verification = await verifyImage('deep.img', (options) =>
    readImage(new MemorySource(bytes, 'deep.img'), options),
  );
  expect(verification.findings[0]).toMatchObject({ code: 'LENGTH_OVERRUN' });
  expect(verification.checked.tasks).toBe(3);
});
