import { expect, test } from 'vitest';
import { MemorySource } from '../../src/format/bytes/memory.js';
import { withoutKernelMappings } from '../../src/format/linux-cr/strict-image.js';
import { readImage } from '../../src/format/registry.js';
import { goldenBytes, goldenNames } from '../support/golden.js';

test('an image of processes that is written strictly lets them run on when its contents are read', async () => {
  const [name = ''] = goldenNames();
  const read = await readImage(new MemorySource(goldenBytes(name), name));
  let released = 0;
  const release = (): Promise<void> => {
    released++;
    return Promise.resolve();
  };
  await withoutKernelMappings({ ...read, release }).image.release?.();
  expect(released).toBe(1);
  expect('release' in withoutKernelMappings(read).image).toBe(false);
});
