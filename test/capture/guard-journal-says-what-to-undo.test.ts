import * as fs from 'node:fs';
import * as path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { GuardJournal, readJournal, type Undo } from '../../src/capture/guard-journal.js';
import { scratchDirectory } from '../support/scratch.js';
import { skip } from '../support/skip.js';

const STOP: Undo = { undo: 'stop', pid: 7, startTime: '70' };
const CGROUP: Undo = { undo: 'cgroup', directory: '/c/ö "x"', home: '/c' };
const NOTHING = { undo: [], deadlineNs: undefined, isDismissed: false };

function newJournal(): GuardJournal {
  const journal = new GuardJournal(fs.openSync(path.join(scratchDirectory(), 'journal'), 'wx+'));
  onTestFinished(() => {
    journal.close();
  });
  return journal;
}

test('a new journal says nothing', () => {
  expect(readJournal(newJournal().fd)).toEqual(NOTHING);
});

test('all that was told is to be undone, in its order, and by the last deadline', () => {
  const journal = newJournal();
  journal.write({ deadlineNs: '5' });
  journal.write(STOP);
  journal.write(CGROUP);
  journal.write({ deadlineNs: '90071992547409931' });
  expect(readJournal(journal.fd)).toEqual({
    undo: [STOP, CGROUP],
    deadlineNs: 90071992547409931n,
    isDismissed: false,
  });
});

test('what was undone is forgotten, with its deadline; what comes later is not', () => {
  const journal = newJournal();
  journal.write({ deadlineNs: '5' });
  journal.write(STOP);
  journal.clear();
  expect(readJournal(journal.fd)).toEqual(NOTHING);
  journal.write(CGROUP);
  journal.write({ is: 'dismissed' });
  expect(readJournal(journal.fd)).toEqual({ undo: [CGROUP], deadlineNs: undefined, isDismissed: true });
});

test('a line whose end was not written does not count', () => {
  const journal = newJournal();
  journal.write(STOP);
  const line = `${JSON.stringify(STOP)}\n`;
  fs.writeSync(journal.fd, JSON.stringify(CGROUP), line.length);
  expect(readJournal(journal.fd).undo).toEqual([STOP]);
});

test('more than the room that was taken in advance is kept, too', () => {
  const journal = newJournal();
  const many = Array.from({ length: 3000 }, (_, pid): Undo => ({ ...STOP, pid }));
  for (const one of many) journal.write(one);
  expect(readJournal(journal.fd).undo).toEqual(many);
});

test('a journal that is cleared needs no more room, however often processes are stopped', () => {
  const journal = newJournal();
  const roomBytes = fs.fstatSync(journal.fd).size;
  for (let round = 0; round < 100; round++) {
    for (let pid = 0; pid < 200; pid++) journal.write({ ...STOP, pid });
    journal.clear();
    expect(readJournal(journal.fd)).toEqual(NOTHING);
  }
  journal.write(CGROUP);
  expect(readJournal(journal.fd).undo).toEqual([CGROUP]);
  expect(fs.fstatSync(journal.fd).size).toBe(roomBytes);
});

test('what there is no room for is not taken for written', (context) => {
  const full = '/dev/full';
  if (!fs.existsSync(full)) skip(context, `no ${full}`);
  expect(() => new GuardJournal(fs.openSync(full, 'r+'))).toThrow();
});
