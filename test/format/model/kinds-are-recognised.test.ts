import { describe, expect, test } from 'vitest';
import { parseSmaps } from '../../../src/capture/smaps.js';
import { synthesiseFlags } from '../../../src/capture/vma-flags.js';
import { vaddrOf } from '../../../src/format/model/page.js';
import {
  VMA_KINDS,
  VMA_KIND_NAMES,
  kindOfVma,
  type LiveFacts,
  type VmaKind,
} from '../../../src/format/model/vma-kind.js';

const MM = { start_brk: 0x55c4_4cc1_f000n, brk: 0x55c4_4cc4_0000n, start_stack: 0x7ffc_19f8_5000n };

type Row = readonly [kind: VmaKind, header: string, codes: string, live?: Partial<LiveFacts>];

/** Lines of smaps as kernel 6.18 printed them. Source: spec/proc.md 5. */
const ROWS: readonly Row[] = [
  ['heap', '55c44cc1f000-55c44cc40000 rw-p 00000000 00:00 0 [heap]', 'rd wr mr mw me ac'],
  ['stack', '7ffc19f66000-7ffc19f87000 rw-p 00000000 00:00 0 [stack]', 'rd wr mr mw me gd ac'],
  ['anon', '7fb450444000-7fb450454000 rw-p 00000000 00:00 0', 'rd wr mr mw me ac'],
  ['anon', '7fb450494000-7fb4504b4000 rw-p 00000000 00:00 0', 'rd wr mr mw me gu ac'],
  ['guard', '7fb450494000-7fb4504b4000 rw-p 00000000 00:00 0', 'rd wr mr mw me gu ac', { isGuard: true }],
  ['scratch', '7fb4504b4000-7fb4504c4000 rw-p 00000000 00:00 0', 'rd wr mr mw me ac dd'],
  ['scratch', '7fb450434000-7fb450444000 rw-p 00000000 00:00 0', 'rd wr mr mw me nr wf dd dp'],
  ['scratch', '7fb4506b2000-7fb4506b3000 rw-p 00000000 fe:00 260958 /usr/bin/true', 'rd wr mr mw me ac dd'],
  ['file', '7fb4504ed000-7fb450643000 r-xp 00026000 fe:00 339380 /usr/lib/libc.so.6', 'rd ex mr mw me'],
  ['file', '7fb450474000-7fb450484000 rw-p 00000000 00:06 4 /dev/zero', 'rd wr mr mw me ac', { isCharDevice: true }],
  ['shared-file', '7fb450464000-7fb450474000 rw-s 00000000 fe:00 9 /tmp/x', 'rd wr sh mr mw me ms'],
  [
    'shared-file',
    '7fb450464000-7fb450474000 rw-s 00000000 00:0e 9 anon_inode:[io_uring]',
    'rd wr sh mr mw me ms de mm',
  ],
  ['shared-anon', '7fb450464000-7fb450474000 rw-s 00000000 00:01 211 /dev/zero (deleted)', 'rd wr sh mr mw me ms'],
  ['shared-anon', '7fb450464000-7fb450474000 rw-s 00000000 00:01 211 /dev/zero (deleted)', 'rd wr sh mr mw me ms dd'],
  ['memfd', '7fb450464000-7fb450474000 rw-s 00000000 00:01 212 /memfd:x (deleted)', 'rd wr sh mr mw me ms'],
  ['sysv', '7fb450464000-7fb450474000 rw-s 00000000 00:01 0 /SYSV00000000 (deleted)', 'rd wr sh mr mw me ms'],
  ['secret', '7fb450454000-7fb450464000 rw-s 00000000 00:0e 445205 /secretmem (deleted)', 'rd wr sh mr mw ms lo dd'],
  ['hugetlb', '7fb450400000-7fb450600000 rw-p 00000000 00:0f 7 /anon_hugepage (deleted)', 'rd wr mr mw me de ht'],
  ['device', '7fb450464000-7fb450474000 rw-s 00000000 00:06 9 /dev/mem', 'rd wr sh mr mw me ms pf io de dd'],
  [
    'device',
    '7fb450464000-7fb450474000 rw-s 00000000 00:06 9 /dev/fuse',
    'rd wr sh mr mw me ms',
    { isCharDevice: true },
  ],
  ['vvar', '7fb4506b5000-7fb4506b9000 r--p 00000000 00:00 0 [vvar]', 'rd mr pf io de dd'],
  ['vdso', '7fb4506bb000-7fb4506bd000 r-xp 00000000 00:00 0 [vdso]', 'rd ex mr mw me de'],
  ['vsyscall', 'ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0 [vsyscall]', 'ex'],
];

function recognise(header: string, codes: string, live: Partial<LiveFacts> = {}): VmaKind {
  const [mapping] = parseSmaps(Buffer.from(`${header}\nVmFlags: ${codes} \n`));
  if (!mapping) throw new Error(`no mapping: ${header}`);
  const { startVpn, endVpn, path, flagCodes, fileId } = mapping;
  const name = path === '' || path.startsWith('[') ? undefined : path;
  const role = { isVdso: path === '[vdso]', hasFile: name !== undefined, isExecutable: false };
  const facts = {
    vm_start: vaddrOf(startVpn),
    vm_end: vaddrOf(endVpn),
    vm_flags: synthesiseFlags(flagCodes, role),
    name,
  };
  return kindOfVma({ ...facts, live: { flagCodes, fileId, isCharDevice: false, isGuard: false, ...live } }, MM);
}

describe('a living mapping is of the kind', () => {
  test.for(ROWS)('%s: %s (%s)', ([kind, header, codes, live]) => {
    expect(recognise(header, codes, live)).toBe(kind);
  });
});

test('the rows above leave no kind out', () => {
  expect(new Set(ROWS.map(([kind]) => kind))).toEqual(new Set(VMA_KIND_NAMES));
});

test('where pages may be left out without loss of memory of its own, they do not read as zeros', () => {
  const emptyZero = VMA_KIND_NAMES.filter(
    (kind) => VMA_KINDS[kind].contents === 'none' && VMA_KINDS[kind].absent === 'zero',
  );
  expect(emptyZero).toEqual(['guard']);
});
