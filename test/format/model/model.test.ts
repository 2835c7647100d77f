import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeDescriptor, decodeDescriptors, encodeDescriptor } from '../../../src/format/model/descriptor.js';
import { PAGE_BYTES, vaddrOf, vpnOf } from '../../../src/format/model/page.js';
import { PageRunsBuilder, firstRunFrom } from '../../../src/format/model/page-runs.js';
import { VM_FLAGS, pageProtection, permissionText } from '../../../src/format/model/vm-flags.js';
import { VSYSCALL_START, kindOfVma } from '../../../src/format/model/vma-kind.js';
import { runs } from '../../support/seed.js';

describe('segment descriptors', () => {
  test('those of Linux are decoded as the manual has them', () => {
    // set_thread_area of glibc on i386: base 0xb7fe36c0, limit 0xfffff pages, user data
    const tls = Uint8Array.of(0xff, 0xff, 0xc0, 0x36, 0xfe, 0xf3, 0xdf, 0xb7);
    expect(decodeDescriptor(tls, 0)).toEqual({
      base: 0xb7fe36c0,
      limit: 0xfffff,
      type: 3,
      isCodeOrData: true,
      dpl: 3,
      isPresent: true,
      isAvailable: true,
      isLong: false,
      is32Bit: true,
      isPageGranular: true,
    });
  });

  test('any eight bytes come back', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 8, maxLength: 8 }), (bytes) => {
        expect(encodeDescriptor(decodeDescriptor(bytes, 0))).toEqual(bytes);
      }),
      runs(500),
    );
  });

  test('empty slots of a table are left out, the others keep their index', () => {
    const table = new Uint8Array(24).fill(1, 8, 16);
    expect(decodeDescriptors(table).map(({ index }) => index)).toEqual([1]);
  });
});

test('page numbers and addresses agree up to the last page', () => {
  for (const vaddr of [0n, 0x7fff_ffff_f000n, VSYSCALL_START, (1n << 64n) - 4096n]) {
    expect(vaddrOf(vpnOf(vaddr))).toBe(vaddr);
  }
});

test('runs that touch in address and in place are one', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(3), fc.integer({ min: 1, max: 5 }), fc.boolean())), (steps) => {
      const builder = new PageRunsBuilder();
      const pages: [number, number][] = [];
      let [vpn, offset] = [1000, 0];
      for (const [gap, length, moves] of steps) {
        vpn += gap;
        if (moves) offset += 16;
        builder.add(vpn, length, offset);
        for (let i = 0; i < length; i++) pages.push([vpn + i, offset + i * PAGE_BYTES]);
        vpn += length;
        offset += length * PAGE_BYTES;
      }
      const table = builder.take();
      const listed: [number, number][] = [];
      for (let run = 0; run < table.count; run++) {
        const [start = 0, place = 0] = [table.vpn[run], table.offset[run]];
        for (let i = 0; i < (table.nrPages[run] ?? 0); i++) listed.push([start + i, place + i * PAGE_BYTES]);
      }
      expect(listed).toEqual(pages);
      expect(table.totalPages).toBe(pages.length);
      for (const wanted of [0, 1000, vpn - 1, vpn]) {
        const found = firstRunFrom(table, wanted);
        const expected = [...table.vpn].findIndex((start, i) => start + (table.nrPages[i] ?? 0) > wanted);
        expect(found).toBe(expected < 0 ? table.count : expected);
      }
    }),
    runs(200),
  );
});

describe('kinds of mapping', () => {
  const mm = { start_brk: 0x10000n, brk: 0x20000n, start_stack: 0x7fff_0000n };
  const at = (vm_start: bigint, flags: bigint, name?: string): string =>
    kindOfVma({ vm_start, vm_end: vm_start + 0x10000n, vm_flags: flags, name }, mm);

  test.each([
    ['anon', 0x5000_0000n, VM_FLAGS.READ, undefined],
    ['heap', 0x10000n, VM_FLAGS.READ, undefined],
    ['stack', 0x7ffe_f000n, VM_FLAGS.GROWSDOWN, undefined],
    ['file', 0x5000_0000n, VM_FLAGS.READ, '/bin/true'],
    ['shared-file', 0x5000_0000n, VM_FLAGS.SHARED | VM_FLAGS.MAYSHARE, '/tmp/x'],
    ['shared-anon', 0x5000_0000n, VM_FLAGS.SHARED | VM_FLAGS.MAYSHARE, '/dev/zero (deleted)'],
    ['memfd', 0x5000_0000n, VM_FLAGS.SHARED | VM_FLAGS.MAYSHARE, '/memfd:x (deleted)'],
    ['sysv', 0x5000_0000n, VM_FLAGS.SHARED | VM_FLAGS.MAYSHARE, '/SYSV00000000 (deleted)'],
    ['hugetlb', 0x5000_0000n, VM_FLAGS.HUGETLB, '/anon_hugepage (deleted)'],
    ['device', 0x5000_0000n, VM_FLAGS.IO, '/dev/mem'],
    ['vvar', 0x5000_0000n, VM_FLAGS.IO | VM_FLAGS.PFNMAP, undefined],
    ['vdso', 0x5000_0000n, VM_FLAGS.ALWAYSDUMP, undefined],
    ['vsyscall', VSYSCALL_START, VM_FLAGS.EXEC, undefined],
  ])('%s', (kind, start, flags, name) => {
    expect(at(start, flags, name)).toBe(kind);
  });
});

test('protection bits are those of the kernel (specification 14.2)', () => {
  const { READ, WRITE, EXEC, SHARED } = VM_FLAGS;
  expect(pageProtection(0n)).toBe(0xa0n);
  expect(pageProtection(READ)).toBe(0x8000_0000_0000_0025n);
  expect(pageProtection(READ | WRITE)).toBe(0x8000_0000_0000_0025n);
  expect(pageProtection(READ | WRITE | SHARED)).toBe(0x8000_0000_0000_0027n);
  expect(pageProtection(READ | EXEC)).toBe(0x25n);
  expect(pageProtection(READ | WRITE | EXEC | SHARED)).toBe(0x27n);
  expect(permissionText(READ | WRITE)).toBe('rw-p');
  expect(permissionText(READ | VM_FLAGS.MAYSHARE)).toBe('r--s');
});
