import { expect, test } from 'vitest';
import { synthesiseFlags } from '../../src/capture/vma-flags.js';

const PLAIN = { isVdso: false, hasFile: false, isExecutable: false };

/** Values of spec/cr-stream.md 14.1. */
test.each([
  ['heap', 'rd wr mr mw me ac sd', PLAIN, 0x0010_0073n],
  ['stack', 'rd wr mr mw me gd ac', PLAIN, 0x0010_0173n],
  ['program text', 'rd ex mr mw me', { ...PLAIN, hasFile: true, isExecutable: true }, 0x0800_1875n],
  ['library text', 'rd ex mr mw me', { ...PLAIN, hasFile: true }, 0x0800_0075n],
  ['vdso', 'rd ex mr mw me de', { ...PLAIN, isVdso: true }, 0x0404_0075n],
  ['vvar', 'rd mr pf io de dd', PLAIN, 0x0004_4411n],
  ['device', 'rd wr sh mr mw me ms pf io', { ...PLAIN, hasFile: true }, 0x0000_44fbn],
  ['unknown codes', '?? rd zz', PLAIN, 0x1n],
])('%s: %s', (_name, codes, role, expected) => {
  expect(synthesiseFlags(codes.split(' '), role)).toBe(expected);
});
