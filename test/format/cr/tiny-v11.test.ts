import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { MemorySink, MemorySource } from '../../../src/format/bytes/memory.js';
import type { Image, Thread, Vma } from '../../../src/format/model/image.js';
import { NO_PAGES } from '../../../src/format/model/page-runs.js';
import { writerOf } from '../../../src/format/registry.js';

// The example of the specification (16.1), built from nothing but a model.

const file: Vma = {
  vm_start: 0x400000n,
  vm_end: 0x401000n,
  vm_page_prot: 0x25n,
  vm_flags: 0x0800_1875n,
  vm_pgoff: 0n,
  kind: 'file',
  name: '/bin/tiny',
  pages: NO_PAGES,
};

const heap: Vma = {
  vm_start: 0x601000n,
  vm_end: 0x622000n,
  vm_page_prot: 0x8000_0000_0000_0025n,
  vm_flags: 0x0010_0073n,
  vm_pgoff: 0x601n,
  kind: 'heap',
  name: undefined,
  pages: NO_PAGES,
};

const thread: Thread = {
  tid: 1234,
  comm: 'tiny',
  state: 0,
  registers: {
    r11: 0x246n,
    cx: 0x400410n,
    orig_ax: 0xffff_ffff_ffff_ffffn,
    ip: 0x400400n,
    cs: 0x33n,
    flags: 0x246n,
    sp: 0x7fff_1234_5670n,
    ss: 0x2bn,
  },
  usesDebug: 0,
  tls: new Uint8Array(0),
  xstate: new Uint8Array(0),
};

const tiny: Image = {
  name: 'tiny',
  format: { family: 'cr', revision: 'v11', covers: 'v10-v13', wordBytes: 8, decidedBy: [] },
  header: {
    kernel: { major: 2, minor: 6, patch: 28 },
    uname: { release: '2.6.28-rc7', version: '#1 SMP Fri Dec 5 17:00:00 UTC 2008', machine: 'x86_64' },
    timeSeconds: 1228500000n,
    cpu: { hasFxsr: true, hasXsave: false, xstateBytes: 512 },
  },
  tasks: [
    {
      pid: 1234,
      tgid: 1234,
      ppid: 1,
      pgid: undefined,
      sid: undefined,
      exitState: 0,
      exitCode: 0,
      exitSignal: 17,
      mm: {
        start_code: 0x400000n,
        end_code: 0x400abcn,
        start_data: 0x600abcn,
        end_data: 0x600d00n,
        start_brk: 0x601000n,
        brk: 0x601000n,
        start_stack: 0x7fff_1234_5670n,
        arg_start: 0x7fff_1234_6000n,
        arg_end: 0x7fff_1234_6008n,
        env_start: 0x7fff_1234_6008n,
        env_end: 0x7fff_1234_6fe8n,
        vmas: [file, heap],
        ldt: new Uint8Array(0),
      },
      files: [],
      threads: [thread],
    },
  ],
  contents: new MemorySource(new Uint8Array(0)),
  notes: [],
  close: () => Promise.resolve(),
};

test('a model of the specification example is written as its very bytes', async () => {
  const sink = new MemorySink();
  await writerOf('v11').write(tiny, sink);
  const digest = createHash('sha256').update(sink.bytes()).digest('hex');
  expect(digest).toBe('de04e97130f331c753e277319608c18d24a1a78ed8f17264adf6d8e94f538b36');
});
