import { describe, expect, test } from 'vitest';
import { HEAD_MAGIC, TAIL_MAGIC } from '../../../src/format/linux-cr/magic.js';
import { CKPT_HDR } from '../../../src/format/ckpt/tables/record.js';
import {
  WRITABLE,
  layoutOf,
  nameOfObject,
  nameOfType,
  type CkptRevision,
} from '../../../src/format/ckpt/tables/revision.js';
import { decodeLayout } from '../../../src/format/layout/decode.js';
import { encodeLayoutInto } from '../../../src/format/layout/encode.js';
import { layoutToJson } from '../../../src/format/layout/json.js';

const V21 = WRITABLE['v21'] as CkptRevision;
const AT = { offset: 0, path: 'test' };

/** The fragments of spec/cr-stream.md 16.3, with what it says they are. */
const FRAGMENTS: readonly [name: string, hex: string, fields: Record<string, unknown>][] = [
  [
    'HEADER',
    `01 00 00 00 48 00 00 00 00 d2 a2 c0 0c ed fe 00  02 00 02 00 06 00 21 00 06 00 00 00 00 00 00 00
     10 00 2c 00 40 00 41 00 41 00 41 00 41 00 41 00  41 00 10 00 00 10 08 00 00 6f db 4b 00 00 00 00
     01 00 00 00 00 00 00 00`,
    {
      magic: HEAD_MAGIC,
      arch_id: V21.archIds['X86_64'],
      major: 2,
      minor: 6,
      patch: 33,
      rev: V21.headRevs[0],
      task_comm_len: 16,
      at_vector_size: 44,
      signal_nsig: 64,
      uts_sysname_len: 65,
      uts_nodename_len: 65,
      uts_release_len: 65,
      uts_version_len: 65,
      uts_machine_len: 65,
      uts_domainname_len: 65,
      rlimit_nlimits: 16,
      n_tty_buf_size: 4096,
      tty_termios_ncc: 8,
      time: 1_272_672_000n,
      uflags: 1n,
    },
  ],
  ['HEADER_ARCH', '02 00 00 00 10 00 00 00 01 00 00 00 00 02 00 00', { has_fxsr: 1, has_xsave: 0, xstate_size: 512 }],
  ['OBJREF', '06 00 00 00 10 00 00 00 03 00 00 00 05 00 00 00', { objtype: V21.objects.FILE, objref: 5 }],
  [
    'VMA',
    `92 01 00 00 48 00 00 00 03 00 00 00 05 00 00 00  00 00 00 00 00 00 00 00 00 20 00 00 00 00 00 00
     00 00 40 00 00 00 00 00 00 10 40 00 00 00 00 00  25 00 00 00 00 00 00 00 75 18 00 08 00 00 00 00
     00 00 00 00 00 00 00 00`,
    {
      vma_type: 3,
      vma_objref: 5,
      ino_objref: 0,
      ino_size: 8192n,
      vm_start: 0x40_0000n,
      vm_end: 0x40_1000n,
      vm_page_prot: 0x25n,
      vm_flags: 0x800_1875n,
      vm_pgoff: 0n,
    },
  ],
  ['PGARR', '93 01 00 00 10 00 00 00 01 00 00 00 00 00 00 00', { nr_pages: 1n }],
  ['PGARR', '93 01 00 00 10 00 00 00 00 00 00 00 00 00 00 00', { nr_pages: 0n }],
  [
    'MM_CONTEXT',
    '94 01 00 00 18 00 00 00 00 f0 3f 12 ff 7f 00 00 08 00 00 00 00 00 00 00',
    { vdso: 0x7fff_123f_f000n, ldt_entry_size: 8, nldt: 0 },
  ],
  ['TAIL', '29 23 00 00 10 00 00 00 00 ef de c0 0c 2a 2d 00', { magic: TAIL_MAGIC }],
];

function parse(hex: string): { type: number; len: number; payload: Uint8Array } {
  const bytes = Uint8Array.from(hex.trim().split(/\s+/), (byte) => Number.parseInt(byte, 16));
  return { ...decodeLayout(CKPT_HDR, bytes, AT), payload: bytes.subarray(CKPT_HDR.size) };
}

test.each(FRAGMENTS)('%s is what the specification says', (name, hex, fields) => {
  const { type, len, payload } = parse(hex);
  expect(nameOfType(V21, type)).toBe(name);
  expect(len).toBe(CKPT_HDR.size + payload.length);
  const layout = layoutOf(V21, nameOfType(V21, type) ?? 'ERROR', payload, payload.length);
  if (!layout) throw new TypeError(`${name} has no layout`);
  const record = decodeLayout(layout, payload, AT);
  expect(record).toMatchObject(fields);
  const into = new Uint8Array(payload.length);
  encodeLayoutInto(layout, fields as typeof record, into, 0);
  expect(into).toEqual(payload);
});

describe('records without a struct', () => {
  test.each([
    ['FILE_NAME', '2f 01 00 00 12 00 00 00', 18],
    ['BUFFER', '04 00 00 00 10 10 00 00', 8 + 8 + 4096],
    ['MM_CONTEXT_LDT', 'ca 00 00 00 08 00 00 00', 8],
  ])('%s has its number and length', (name, hex, len) => {
    const header = parse(hex);
    expect([nameOfType(V21, header.type), header.len]).toEqual([name, len]);
  });
});

test('JSON names what the numbers of a mapping mean', () => {
  const { payload } = parse(FRAGMENTS[3]?.[1] ?? '');
  const layout = layoutOf(V21, 'VMA', payload, payload.length);
  expect(layout && layoutToJson(layout, decodeLayout(layout, payload, AT))).toMatchObject({
    vma_type: 'FILE',
    vma_objref: 5,
    vm_start: '0x400000',
  });
  expect(nameOfObject(V21, 3)).toBe('FILE');
});
