import { describe, expect, test } from 'vitest';
import { UsageError } from '../../src/format/errors.js';
import { tableOf } from '../../src/format/model/page-table.js';
import { NO_PAGES } from '../../src/format/model/page-runs.js';
import { parseAddress, parseRange } from '../../src/inspect/address-spec.js';
import type { MappedArea, MappedSpace } from '../../src/format/model/memory-map.js';
import type { VmaKind } from '../../src/format/model/vma-kind.js';

function area(vm_start: bigint, vm_end: bigint, kind: VmaKind, name?: string): MappedArea {
  const rest = { vm_page_prot: 0n, vm_flags: 0x3n, vm_pgoff: 0n, pages: tableOf(NO_PAGES) };
  return { vm_start, vm_end, kind, name, ...rest };
}

const SPACE: MappedSpace = {
  pids: [7],
  comm: 'seven',
  areas: [
    area(0x400000n, 0x402000n, 'file', '/usr/bin/seven'),
    area(0x10000000n, 0x10004000n, 'heap'),
    area(0x7f0000000000n, 0x7f0000010000n, 'file', '/usr/lib/libc.so.6'),
    area(0x7f0000010000n, 0x7f0000020000n, 'file', '/usr/lib/libc.so.6'),
    area(0x7f0000030000n, 0x7f0000040000n, 'file', '/usr/lib/libc.so.6'),
    area(0x7f0000050000n, 0x7f0000060000n, 'file', '/opt/a/libm-2.31.so'),
    area(0x7f0000060000n, 0x7f0000070000n, 'file', '/opt/b/twin.so'),
    area(0x7f0000070000n, 0x7f0000080000n, 'file', '/opt/c/twin.so'),
    area(0x7f0000080000n, 0x7f0000090000n, 'file', '/usr/lib/libstdc++.so'),
    area(0x7ffff0000000n, 0x7ffff0021000n, 'stack'),
    area(0xffffffffff600000n, 0xffffffffff601000n, 'vsyscall'),
  ],
};

const ADDRESSES: [text: string, vaddr: bigint][] = [
  ['0x400010', 0x400010n],
  ['0X7F0000000000', 0x7f0000000000n],
  ['4096', 4096n],
  [' 4096 + 0x10 ', 4112n],
  ['[heap]', 0x10000000n],
  ['[stack]-8', 0x7ffff0000000n - 8n],
  ['[vsyscall]', 0xffffffffff600000n],
  ['libc.so.6', 0x7f0000000000n],
  ['libc.so.6+0x1234', 0x7f0000001234n],
  ['/usr/lib/libc.so.6+1-1', 0x7f0000000000n],
  ['libm-2.31.so', 0x7f0000050000n],
  ['libstdc++.so+16', 0x7f0000080010n],
  ['/opt/c/twin.so', 0x7f0000070000n],
  ['vma[1]', 0x10000000n],
  ['vma[3]+0x10', 0x7f0000010010n],
  ['0xffffffffffffffff', 0xffffffffffffffffn],
];

test.each(ADDRESSES)('the address %s', (text, vaddr) => {
  expect(parseAddress(text, SPACE)).toBe(vaddr);
});

const REFUSED: [text: string, says: RegExp][] = [
  ['', /address is ""/],
  ['nothing.so', /mapped here: seven, \[heap\], libc\.so\.6/],
  ['nothing.so+0x10', /address is "nothing\.so\+0x10"/],
  ['7f0000000000', /expected 0x7f0000000000/],
  ['7f000000abcd', /expected 0x7f000000abcd/],
  ['twin.so', /several files, expected one of \/opt\/b\/twin\.so, \/opt\/c\/twin\.so/],
  ['twin.so+1', /several files/],
  ['vma[11]', /an index below 11/],
  ['0x10-0x20', /one of 0 to 0xffffffffffffffff/],
  ['0x10000000000000000', /one of 0 to 0xffffffffffffffff/],
  ['[stack]+', /address is/],
  ['-1', /address is/],
];

test.each(REFUSED)('%j is no address, and the error says what would be one', (text, says) => {
  expect(() => parseAddress(text, SPACE)).toThrow(UsageError);
  expect(() => parseAddress(text, SPACE)).toThrow(says);
});

const RANGES: [text: string, ranges: [bigint, bigint][]][] = [
  ['0x400000-0x402000', [[0x400000n, 0x402000n]]],
  ['00400000-00402000', [[0x400000n, 0x402000n]]],
  ['10000000-10004000', [[0x10000000n, 0x10004000n]]],
  ['7f0000000000-7f0000010000', [[0x7f0000000000n, 0x7f0000010000n]]],
  ['4096-8192', [[4096n, 8192n]]],
  ['4096,16', [[4096n, 4112n]]],
  ['libc.so.6+0x10, 0x20', [[0x7f0000000010n, 0x7f0000000030n]]],
  ['[stack]-0x100-[stack]', [[0x7ffff0000000n - 0x100n, 0x7ffff0000000n]]],
  ['libm-2.31.so-libm-2.31.so+16', [[0x7f0000050000n, 0x7f0000050010n]]],
  ['[heap]', [[0x10000000n, 0x10004000n]]],
  ['vma[1]', [[0x10000000n, 0x10004000n]]],
  [
    'libc.so.6',
    [
      [0x7f0000000000n, 0x7f0000020000n],
      [0x7f0000030000n, 0x7f0000040000n],
    ],
  ],
  ['libm-2.31.so', [[0x7f0000050000n, 0x7f0000060000n]]],
  ['0x400000', [[0x400000n, 0x400001n]]],
  ['0xffffffffffffffff,1', [[0xffffffffffffffffn, 1n << 64n]]],
];

test.each(RANGES)('the range %s', (text, ranges) => {
  expect(parseRange(text, SPACE)).toEqual(ranges.map(([start, end]) => ({ start, end })));
});

describe('what is no range', () => {
  test.each(['0x20-0x10', '0x10-0x10', '4096,0', '0xffffffffffffffff,2', 'twin.so', 'no-where', '', ',', '-'])(
    '%j',
    (text) => {
      expect(() => parseRange(text, SPACE)).toThrow(UsageError);
    },
  );
});
