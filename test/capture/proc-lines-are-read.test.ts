import { expect, test } from 'vitest';
import { is64Bit } from '../../src/capture/auxv.js';
import { parseFdinfo } from '../../src/capture/fdinfo.js';
import { modeOf } from '../../src/capture/files.js';
import { parseCpuinfo, parseKernelVersion } from '../../src/capture/machine.js';
import { unescapePath } from '../../src/capture/mapping-name.js';
import { parseStatus } from '../../src/capture/status.js';
import { parseSyscall } from '../../src/capture/syscall.js';

const NO_SYSCALL = 2n ** 64n - 1n;

test.each([
  ['running\n', {}],
  ['-1 0x7ffc12345678 0x401000\n', { orig_ax: NO_SYSCALL, sp: 0x7ffc12345678n, ip: 0x401000n }],
  [
    '34 0x1 0xffffffffffffffff 0x3 0x4 0x5 0x6 0x7ffc0 0x7f0001\n',
    { orig_ax: 34n, di: 1n, si: NO_SYSCALL, dx: 3n, r10: 4n, r8: 5n, r9: 6n, sp: 0x7ffc0n, ip: 0x7f0001n },
  ],
  ['', {}],
])('syscall %j', (line, registers) => {
  expect(parseSyscall(Buffer.from(line))).toEqual(registers);
});

test.each([
  ['pos:\t0\nflags:\t0100002\nmnt_id:\t25\nino:\t3\n', { pos: 0n, flags: 0o100002, isCloseOnExec: false }],
  ['pos:\t9223372036854775807\nflags:\t02100001\n', { pos: 2n ** 63n - 1n, flags: 0o100001, isCloseOnExec: true }],
  ['pos:\t-1\nflags:\t02\n', { pos: -1n, flags: 2, isCloseOnExec: false }],
])('fdinfo %j', (lines, expected) => {
  expect(parseFdinfo(Buffer.from(lines))).toEqual(expected);
});

test.each([
  [0o100000, 'regular', 0x1d],
  [0o100001, 'regular', 0x1e],
  [0o100002, 'regular', 0x1f],
  [0o200000, 'directory', 0x1d],
  [0o1, 'other', 0x2],
] as const)('flags %o of a %s file make f_mode %i', (flags, type, mode) => {
  expect(modeOf(flags, type)).toBe(mode);
});

test('status gives the process and what changes when a task runs', () => {
  const lines = 'Name:\ta\nTgid:\t12\nPid:\t13\nvoluntary_ctxt_switches:\t7\nnonvoluntary_ctxt_switches:\t8\n';
  expect(parseStatus(Buffer.from(lines))).toEqual({ tgid: 12, contextSwitches: '7+8' });
});

test.each([
  ['6.18.44-fc-v595', { major: 6, minor: 18, patch: 44 }],
  ['2.6.28', { major: 2, minor: 6, patch: 28 }],
  ['7.0-rc1', { major: 7, minor: 0, patch: 0 }],
  ['4.4.70000', { major: 4, minor: 4, patch: 65535 }],
])('release %s', (release, version) => {
  expect(parseKernelVersion(release)).toEqual(version);
});

test.each([
  ['flags\t\t: fpu fxsr sse xsave\n', { hasFxsr: true, hasXsave: true, xstateBytes: 512 }],
  ['vmx flags\t: fxsr\nflags\t\t: fpu xsaveopt\n', { hasFxsr: false, hasXsave: false, xstateBytes: 512 }],
])('cpuinfo %j', (cpuinfo, expected) => {
  expect(parseCpuinfo(cpuinfo)).toEqual(expected);
});

test('a newline in a path is unescaped, other backslashes stay', () => {
  expect(unescapePath('/a\\012b\\c\\134')).toBe('/a\nb\\c\\134');
});

test.each([
  ['64-bit', BigUint64Array.of(33n, 0x7fff0000n, 4n, 56n, 0n, 0n), true],
  ['32-bit', Uint32Array.of(33, 0x7fff0000, 4, 32, 5, 9, 0, 0), false],
  ['no program at all', new BigUint64Array(0), false],
])('auxv of %s', (_name, pairs, expected) => {
  expect(is64Bit(new Uint8Array(pairs.buffer))).toBe(expected);
});
