import { expect, test } from 'vitest';
import { convertLines } from '../../../src/cli/render/convert.js';
import { lossLines } from '../../../src/cli/render/losses.js';
import { PLAIN } from '../../../src/cli/render/palette.js';
import { salvageLines } from '../../../src/cli/render/salvage.js';
import type { ImageFormat, Loss } from '../../../src/format/model/image.js';

const FORMAT: ImageFormat = { family: 'cr', revision: 'v11', covers: 'v10-v13', wordBytes: 8, decidedBy: [] };

function losses(count: number, whys: number): Loss[] {
  return Array.from({ length: count }, (_, i) => {
    return { path: `task[${String(i)}]`, what: `thing ${String(i)}\n`, why: `why ${String(i % whys)}`, bytes: i };
  });
}

test('few are told one by one, with their size where they have one', () => {
  expect([...lossLines('gone:', losses(2, 2), PLAIN)]).toEqual([
    'gone: 2 things, 1 B',
    '  thing 0\\n (why 0)',
    '  thing 1\\n (why 1, 1 B)',
  ]);
  expect([...lossLines('gone:', [], PLAIN)]).toEqual([]);
});

test('the same thing of several tasks is told once', () => {
  const of = (what: string, why = 'v11 has none'): Loss => ({ path: 'task', what, why, bytes: 0 });
  const given = [
    of('the process group, 19487'),
    of('the session, 7'),
    of('the process group, 5'),
    of('the session, 9', 'x'),
  ];
  expect([...lossLines('gone:', given, PLAIN)]).toEqual([
    'gone: 4 things',
    '  the process group, 19487 and 1 more (v11 has none)',
    '  the session, 7 (v11 has none)',
    '  the session, 9 (x)',
  ]);
});

test('many are told by reason', () => {
  expect([...lossLines('gone:', losses(21, 2), PLAIN)]).toEqual([
    'gone: 21 things, 210 B',
    '  thing 0\\n and 10 more (why 0, 110 B)',
    '  thing 1\\n and 9 more (why 1, 100 B)',
  ]);
});

test('more than twenty reasons are counted', () => {
  const lines = [...lossLines('gone:', losses(30, 25), PLAIN)];
  expect(lines).toHaveLength(22);
  expect(lines.at(-1)).toBe('  and 5 more (--json lists all)');
});

const RESULT = { from: 'a\x1b.img', format: FORMAT, file: null, to: 'v8', writtenBytes: 4096, indexBytes: 0 };

test('a conversion that lost nothing is one line', () => {
  expect([...convertLines({ ...RESULT, refused: [], losses: [] }, PLAIN)]).toEqual([
    'converted a\\x1b.img (v11) to standard output (v8, 4.0 KiB)',
  ]);
});

test('what was refused and what was lost are told apart', () => {
  expect([...convertLines({ ...RESULT, refused: losses(1, 1), losses: losses(1, 1) }, PLAIN)].slice(1)).toEqual([
    'kernels of v8 would have refused: 1 thing',
    '  thing 0\\n (why 0)',
    'v8 cannot hold, and the image is without: 1 thing',
    '  thing 0\\n (why 0)',
  ]);
});

test('a salvage says what is kept, what was wrong, and that the revision is another one', () => {
  const faults = [{ code: 'TRUNCATED', message: 'the end', offset: 16, path: 'task[1]' }];
  const kept = { tasks: 1, vmas: 2, pages: 3 };
  const summary = { ...RESULT, refused: [], losses: [], isSameRevision: false, faults, kept };
  expect([...salvageLines(summary, PLAIN)]).toEqual([
    'saved of a\\x1b.img (v11) to standard output (v8, 4.0 KiB)',
    '  kept 1 task, 2 mappings, 3 pages',
    '  the image was v11, what is saved is v8',
    'lost or unsure from 1 fault on:',
    '  the end  [TRUNCATED at 0x10, task[1]]',
  ]);
});
