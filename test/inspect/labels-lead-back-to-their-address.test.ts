import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { memoryMapOf } from '../../src/format/model/memory-map.js';
import { parseAddress } from '../../src/inspect/address-spec.js';
import { openSpaces, spaceOf } from '../../src/inspect/space.js';
import { addressLabels } from '../../src/inspect/space-label.js';
import { anySpace, seeded } from './arbitrary-space.js';
import { imageOf } from './sample-image.js';

/** Those that could be mistaken for something else among them. */
const NAMES = [
  '/lib/a.so',
  '/opt/a.so',
  '/lib/a.so+0x10',
  '/x/0x100000',
  '/x/vma[0]',
  '[heap]',
  '12',
  '',
  '/x/',
  undefined,
];

test('the label of any mapped address is read as that address', () => {
  const anyNames = fc.array(fc.constantFrom(...NAMES), { minLength: 6, maxLength: 6 });
  const property = fc.property(anySpace, anyNames, (samples, names) => {
    const named = samples.map(({ name: _, ...sample }, i) => {
      const name = names[i];
      return name === undefined ? sample : { ...sample, name };
    });
    const space = spaceOf(openSpaces(memoryMapOf(imageOf(named))));
    const label = addressLabels(space);
    for (const { vm_start, vm_end } of space.areas)
      for (const vaddr of [vm_start, vm_start + 0x123n, vm_end - 1n]) {
        const text = label(vaddr);
        expect(parseAddress(text ?? '', space)).toBe(vaddr);
      }
    expect(label(0n)).toBe(undefined);
  });
  fc.assert(property, seeded(300));
});
