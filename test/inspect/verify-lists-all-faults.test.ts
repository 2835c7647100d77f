import * as fs from 'node:fs';
import * as path from 'node:path';
import { describe, expect, test } from 'vitest';
import { PLAIN } from '../../src/cli/render/palette.js';
import { verifyLines } from '../../src/cli/render/verify.js';
import { MemorySource } from '../../src/format/bytes/memory.js';
import { FormatError, IoError } from '../../src/format/errors.js';
import { readImage } from '../../src/format/registry.js';
import { verifyImage, type ReadImage } from '../../src/inspect/verify.js';
import { GOLDEN, goldenBytes, goldenNames } from '../support/golden.js';
import { familyImage } from './family-image.js';

function reading(bytes: Uint8Array, name = 'x.img'): ReadImage {
  return (options) => readImage(new MemorySource(bytes, name), options);
}

const FAULTS = [
  new FormatError('VMA_ORDER', { at: { offset: 0x40, path: 'task[0].mm.vma[1]' }, what: 'VMA.vm_start', actual: 1 }),
  new FormatError('TRUNCATED', { at: { offset: 0x80, path: '' }, what: 'the image ends\n' }),
];

/** Reads a whole family with faults, as if the rest of it were lost. */
const readingDamaged: ReadImage = ({ onFault }) => {
  for (const fault of FAULTS) onFault?.(fault);
  const at = { offset: 9, path: 'head' };
  return Promise.resolve({ ...familyImage(), notes: [{ code: 'GUESSED', message: 'a guess', at }] });
};

test.each(goldenNames())('%s is whole', async (name) => {
  const verification = await verifyImage(name, reading(goldenBytes(name)));
  expect(verification.findings).toEqual([]);
  expect(verification.checked.tasks).toBeGreaterThan(0);
});

describe('damaged images', () => {
  const folder = path.join(GOLDEN, 'bad');
  const names = fs.readdirSync(folder).filter((name) => name.endsWith('.img'));

  test.each(names)('%s has a finding with its place', async (name) => {
    const bytes = new Uint8Array(fs.readFileSync(path.join(folder, name)));
    const { findings } = await verifyImage(name, reading(bytes, name));
    expect(findings.length).toBeGreaterThan(0);
    expect(findings.every(({ offset }) => offset !== null)).toBe(true);
    expect(findings.every(({ message }) => !message.startsWith(`${name}: `))).toBe(true);
  });
});

test('all faults are listed in order, notes are remarks, and what was read is counted', async () => {
  const verification = await verifyImage('x', readingDamaged);
  expect(verification).toMatchObject({
    name: 'family.img',
    format: { revision: 'v11' },
    findings: [
      { code: 'VMA_ORDER', message: 'VMA.vm_start is 1', offset: 0x40, path: 'task[0].mm.vma[1]' },
      { code: 'TRUNCATED', message: 'the image ends\n', offset: 0x80, path: null },
    ],
    remarks: [{ code: 'GUESSED' }],
    checked: { tasks: 5, vmas: 3, pages: 5 },
  });
  expect(JSON.parse(JSON.stringify(verification))).toEqual(verification);
  expect([...verifyLines(verification, PLAIN)]).toEqual([
    'family.img (cr v11) is damaged',
    '  VMA.vm_start is 1  [VMA_ORDER at 0x40, task[0].mm.vma[1]]',
    '  the image ends\\n  [TRUNCATED at 0x80]',
    '1 note',
    '  a guess  [GUESSED at 0x9, head]',
    '2 faults; 5 tasks, 3 mappings, 5 pages in order; no digests to check contents with',
  ]);
});

test('a fault that reading ends with is listed once', async () => {
  const [fault] = FAULTS;
  const ending: ReadImage = ({ onFault }) => {
    if (fault) onFault?.(fault);
    return Promise.reject(fault ?? new Error('none'));
  };
  const { findings, format } = await verifyImage('x', ending);
  expect([findings.length, format]).toEqual([1, null]);
});

test.each([
  ['too little memory', new FormatError('OVER_BUDGET', { what: 'too large' })],
  ['a format that is not read yet', new FormatError('UNSUPPORTED', { what: 'v14' })],
  ['a disk that fails', new IoError('READ_FAILED', { what: 'reading failed' })],
])('%s is no verdict', async (_, error) => {
  await expect(verifyImage('x', () => Promise.reject(error))).rejects.toBe(error);
});
