import * as fs from 'node:fs';
import * as path from 'node:path';
import { expect, test } from 'vitest';
import { chooseTracker, refuseUnsupported, type TrackingFacts } from '../../src/capture/tracking/choose.js';
import { lastClear, noteClear, type RegistryPlaces } from '../../src/capture/tracking/clear-registry.js';
import { hasSoftDirty } from '../../src/capture/tracking/soft-dirty.js';
import { scratchDirectory } from '../support/scratch.js';

const SURE: TrackingFacts = { isSupported: true, isStopped: true, isClearedForParent: true };

test('soft-dirty bits are believed if the kernel has them, the process stands still, and they are of the parent', () => {
  for (const wish of ['auto', 'soft-dirty'] as const)
    expect(chooseTracker(wish, SURE)).toEqual({ backend: 'soft-dirty', reason: null });
});

test.each(['isSupported', 'isStopped', 'isClearedForParent'] as const)('without %s bytes are compared', (fact) => {
  const choice = chooseTracker('auto', { ...SURE, [fact]: false });
  expect(choice.backend).toBe('digest');
  expect(choice.reason).not.toBe(null);
});

test('what is asked for by name is done', () => {
  expect(chooseTracker('digest', SURE)).toEqual({ backend: 'digest', reason: null });
  expect(chooseTracker('none', SURE)).toEqual({ backend: 'none', reason: null });
  expect(() => {
    refuseUnsupported('soft-dirty', false);
  }).toThrow(/soft-dirty/);
  refuseUnsupported('auto', false);
});

test('the kernel has soft-dirty bits if any mapping has the flag', () => {
  const smaps = (codes: string): Buffer =>
    Buffer.from(`00400000-00401000 r--p 00000000 00:00 0\nAnonymous: 0 kB\nVmFlags: ${codes}\n`);
  expect(hasSoftDirty(smaps('rd wr mr sd'))).toBe(true);
  expect(hasSoftDirty(smaps('rd wr mr'))).toBe(false);
});

const TARGET = { pid: process.pid, startTime: 5n };

function places(): RegistryPlaces {
  const uid = process.geteuid?.() ?? 0;
  const [ours, others] = [path.join(scratchDirectory(), 'a'), path.join(scratchDirectory(), 'b')];
  return {
    directories: [
      { path: ours, uid },
      { path: others, uid },
    ],
  };
}

test('the last clearing that anybody noted counts, and one without an image makes those before useless', () => {
  const both = places();
  expect(lastClear(TARGET, both)).toBe(undefined);
  expect(noteClear(TARGET, both, { clearedNs: 10n, id: 'aa' })).toBe(true);
  expect(lastClear(TARGET, both)).toEqual({ clearedNs: 10n, id: 'aa' });
  const second = { directories: both.directories.slice(1) };
  noteClear(TARGET, second, { clearedNs: 20n, id: '' });
  expect(lastClear(TARGET, both)).toEqual({ clearedNs: 20n, id: '' });
});

test('a clearing is of one process only, even if its pid is used again', () => {
  const both = places();
  noteClear(TARGET, both, { clearedNs: 10n, id: 'aa' });
  expect(lastClear({ ...TARGET, startTime: 6n }, both)).toBe(undefined);
});

test('a directory that others may write is not believed, and neither is a link', () => {
  const both = places();
  noteClear(TARGET, both, { clearedNs: 10n, id: 'aa' });
  const [ours] = both.directories;
  const directory = ours?.path ?? '';
  fs.chmodSync(directory, 0o777);
  expect(lastClear(TARGET, both)).toBe(undefined);
  fs.chmodSync(directory, 0o755);
  const link = path.join(scratchDirectory(), 'link');
  fs.symlinkSync(directory, link);
  expect(lastClear(TARGET, { directories: [{ path: link, uid: process.geteuid?.() ?? 0 }] })).toBe(undefined);
});
