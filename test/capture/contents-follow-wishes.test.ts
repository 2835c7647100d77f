import { describe, expect, test } from 'vitest';
import { layeredRuns } from '../../src/capture/clipped-runs.js';
import { contentsPolicy } from '../../src/capture/contents-policy.js';
import { kindsFromRules } from '../../src/capture/kind-rules.js';
import { matchesPath } from '../../src/capture/path-glob.js';
import type { OwnKind } from '../../src/capture/own-kind.js';
import { UsageError } from '../../src/format/errors.js';
import { PAGE_BYTES } from '../../src/format/model/page.js';
import { PageRunsBuilder, type PageRuns } from '../../src/format/model/page-runs.js';
import { VM_FLAGS } from '../../src/format/model/vm-flags.js';

const MM = { start_brk: 0n, brk: 0n, start_stack: 0n };
const FILE = { vm_start: 0x1000n, vm_end: 0x9000n, vm_flags: VM_FLAGS.READ, name: '/usr/lib/libx.so (deleted)' };
const OWN: OwnKind = { name: 'mine', is: () => true, contents: 'none', absent: 'zero', reason: 'it is mine' };

describe('the more exact wish decides', () => {
  test.each([
    ['nothing said', [], [], 'written'],
    ['a kind', [], ['file'], 'none'],
    ['a path over a kind', ['/usr/lib/*'], ['file'], 'written'],
    ['a base name over a kind', ['libx.so'], ['file'], 'written'],
    ['a range over a path', ['1000-9000'], ['libx*'], 'written'],
    ['a range that is larger', ['0x0-0x10000'], ['libx*'], 'written'],
    ['what is left out over what is taken', ['file'], ['file'], 'none'],
    ['another kind', [], ['anon', '[heap]'], 'written'],
  ])('%s', (_, include, exclude, contents) => {
    expect(contentsPolicy({ include, exclude }).choose(FILE, MM).contents).toBe(contents);
  });
});

test('wishes that nothing answers to are told, but for kinds', () => {
  const policy = contentsPolicy({ include: ['/no/such', 'hugetlb'], exclude: ['a0000-b0000', 'libx.so'] });
  policy.choose(FILE, MM);
  expect(policy.unmatched()).toEqual(['/no/such', 'a0000-b0000']);
});

test('of an own kind absent pages read as it says', () => {
  const { kind, kindName, contents } = contentsPolicy({ kinds: [OWN] }).choose(FILE, MM);
  expect({ kind, kindName, contents }).toEqual({ kind: 'anon', kindName: 'mine', contents: 'none' });
  const backed = contentsPolicy({ kinds: [{ ...OWN, absent: 'backing' }], include: ['mine'] }).choose(FILE, MM);
  expect(backed).toMatchObject({ kind: 'file', kindName: 'mine', contents: 'written' });
});

test.each([
  ['a name that is taken', { kinds: [{ ...OWN, name: 'heap' }] }],
  ['a name twice', { kinds: [OWN, OWN] }],
  ['a name with a space', { kinds: [{ ...OWN, name: 'my own' }] }],
  ['an empty text', { include: [''] }],
  ['a range that descends', { exclude: ['2000-1000'] }],
  ['a range of parts of pages', { exclude: ['1000-1fff'] }],
])('%s is refused', (_, options) => {
  expect(() => contentsPolicy(options)).toThrow(UsageError);
});

test.each([
  ['no list', {}],
  ['no test', [{ name: 'a', contents: 'none', absent: 'zero', reason: '' }]],
  ['no reason', [{ name: 'a', path: '/x', contents: 'none', absent: 'zero' }]],
  ['flags that are no codes', [{ name: 'a', flags: [1], contents: 'none', absent: 'zero', reason: '' }]],
])('rules with %s are refused', (_, rules) => {
  expect(() => kindsFromRules(rules)).toThrow(UsageError);
});

test('a rule holds if all of it does', () => {
  const rule = {
    name: 'a',
    path: '/dev/my*',
    device: '00:06',
    flags: ['io'],
    contents: 'none',
    absent: 'backing',
    reason: '',
  };
  const [kind] = kindsFromRules([rule]);
  const live = { flagCodes: ['rd', 'io'], fileId: '00:06 7', isCharDevice: true, isGuard: false };
  const vma = { ...FILE, name: '/dev/mydriver', live };
  expect(kind?.is(vma, MM)).toBe(true);
  const others = [
    { ...vma, name: '/dev/other' },
    { ...vma, live: { ...live, flagCodes: ['rd'] } },
    { ...vma, live: { ...live, fileId: '00:07 7' } },
  ];
  expect(others.map((other) => kind?.is(other, MM))).toEqual([false, false, false]);
});

test('in a glob only * and ? are special', () => {
  expect(matchesPath('a.c', '/x/abc')).toBe(false);
  expect(matchesPath('/x/(1)+?', '/x/(1)+2')).toBe(true);
});

function runsOf(startVpn: number, nrPages: number): PageRuns {
  const builder = new PageRunsBuilder();
  builder.add(startVpn, nrPages, startVpn * PAGE_BYTES);
  return builder.take();
}

test('of layers of pages the last that has a page decides', () => {
  const runs = layeredRuns([
    { startVpn: 0, endVpn: 20, runs: runsOf(2, 10) },
    { startVpn: 4, endVpn: 9, runs: undefined },
    { startVpn: 6, endVpn: 7, runs: runsOf(0, 20) },
    { startVpn: 30, endVpn: 40, runs: runsOf(35, 50) },
  ]);
  const rows = Array.from(runs.vpn, (vpn, i) => [vpn, runs.nrPages[i], (runs.offset[i] ?? 0) / PAGE_BYTES]);
  expect(rows).toEqual([
    [2, 2, 2],
    [6, 1, 6],
    [9, 3, 9],
    [35, 5, 35],
  ]);
});
