import { MemorySource } from '../../src/format/bytes/memory.js';
import type { ByteSource } from '../../src/format/bytes/source.js';
import type { FileDescriptor, Image, Task, Thread, Vma } from '../../src/format/model/image.js';
import { PAGE_BYTES, vaddrOf } from '../../src/format/model/page.js';
import { PageRunsBuilder } from '../../src/format/model/page-runs.js';
import { VM_FLAGS } from '../../src/format/model/vm-flags.js';
import type { VmaKind } from '../../src/format/model/vma-kind.js';

/** A mapping in page numbers. `pages` gives the contents of those that are held: every byte is `fill`. */
export interface SampleVma {
  readonly startVpn: number;
  readonly nrPages: number;
  readonly kind?: VmaKind;
  readonly name?: string;
  readonly flags?: bigint;
  readonly pgoff?: bigint;
  readonly pages?: readonly SamplePage[];
}

export interface SamplePage {
  /** Index in the mapping. */
  readonly index: number;
  readonly bytes: Uint8Array;
  /** Bytes of something else before it in the contents. */
  readonly gapBytes?: number;
}

export const READ_WRITE = VM_FLAGS.READ | VM_FLAGS.WRITE;

/** A page of one byte value, but for the last byte. */
export function page(fill: number, last = fill): Uint8Array {
  const bytes = new Uint8Array(PAGE_BYTES).fill(fill);
  bytes[PAGE_BYTES - 1] = last;
  return bytes;
}

/** A thread with nothing special about it but `overrides`. */
export function thread(overrides: Partial<Thread>): Thread {
  const empty = new Uint8Array(0);
  return { tid: 7, comm: 'sample', state: 1, registers: {}, usesDebug: 0, tls: empty, xstate: empty, ...overrides };
}

export function openFile(fd: number, name: string, overrides: Partial<FileDescriptor['file']> = {}): FileDescriptor {
  const file = { type: 'regular' as const, name, f_mode: 3, f_flags: 2, f_pos: 0n, f_version: 0n, ...overrides };
  return { fd, isCloseOnExec: false, file };
}

/** Lays mappings out one after the other; contents are appended to `parts`. */
function layOut(samples: readonly SampleVma[], parts: Uint8Array[]): Vma[] {
  let offset = parts.reduce((sum, part) => sum + part.length, 0);
  const builder = new PageRunsBuilder();
  return samples.map((sample) => {
    for (const { index, bytes, gapBytes = 0 } of sample.pages ?? []) {
      builder.add(sample.startVpn + index, 1, offset + gapBytes);
      parts.push(new Uint8Array(gapBytes).fill(0xee), bytes);
      offset += gapBytes + bytes.length;
    }
    return {
      vm_start: vaddrOf(sample.startVpn),
      vm_end: vaddrOf(sample.startVpn + sample.nrPages),
      vm_page_prot: 0x25n,
      vm_flags: sample.flags ?? READ_WRITE,
      vm_pgoff: sample.pgoff ?? 0n,
      kind: sample.kind ?? 'anon',
      name: sample.name,
      pages: builder.take(),
    };
  });
}

function sampleTask(vmas: readonly Vma[], overrides: Partial<Task>): Task {
  return {
    pid: 7,
    tgid: 7,
    ppid: 1,
    pgid: undefined,
    sid: undefined,
    exitState: 0,
    exitCode: 0,
    exitSignal: 17,
    mm: {
      start_code: 0x400000n,
      end_code: 0x401000n,
      start_data: 0x600000n,
      end_data: 0x601000n,
      start_brk: 0x700000n,
      brk: 0x721000n,
      start_stack: 0x7ffe_0000_1000n,
      arg_start: 0x7ffe_0000_1100n,
      arg_end: 0x7ffe_0000_1110n,
      env_start: 0x7ffe_0000_1110n,
      env_end: 0x7ffe_0000_1ff0n,
      vmas,
      ldt: new Uint8Array(0),
    },
    files: [],
    threads: [thread({})],
    ...overrides,
  };
}

export interface SampleOptions {
  readonly tasks?: readonly { readonly vmas?: readonly SampleVma[]; readonly overrides?: Partial<Task> }[];
  readonly header?: Partial<Image['header']>;
  /** Puts something between the image and its contents. */
  readonly wrap?: (contents: ByteSource) => ByteSource;
}

/** An image of tasks whose mappings and pages are given. */
export function sampleImage(options: SampleOptions = {}): Image {
  const parts: Uint8Array[] = [];
  const tasks = (options.tasks ?? [{}]).map(({ vmas = [], overrides = {} }) => {
    return sampleTask(layOut(vmas, parts), overrides);
  });
  const bytes = new MemorySource(Buffer.concat(parts), 'sample contents');
  const contents = options.wrap?.(bytes) ?? bytes;
  return {
    name: 'sample.img',
    format: { family: 'cr', revision: 'v11', covers: 'v10-v13', wordBytes: 8, decidedBy: ['rev 3'] },
    header: {
      kernel: { major: 2, minor: 6, patch: 28 },
      uname: { release: '2.6.28-cr', version: '#7 SMP', machine: 'x86_64' },
      timeSeconds: 1231146000n,
      cpu: { hasFxsr: true, hasXsave: true, xstateBytes: 832 },
      ...options.header,
    },
    tasks,
    contents,
    notes: [],
    close: () => contents.close(),
  };
}

/** An image of one task with these mappings. */
export function imageOf(vmas: readonly SampleVma[], wrap?: SampleOptions['wrap']): Image {
  return sampleImage({ tasks: [{ vmas }], ...(wrap ? { wrap } : {}) });
}
