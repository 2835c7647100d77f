// Images as a ckpt stream of one revision has them: all that the revision can hold, and nothing that it cannot.
import fc from 'fast-check';
import { MemorySource } from '../../src/format/bytes/memory.js';
import type { CkptRevision } from '../../src/format/ckpt/tables/revision.js';
import {
  MM_ADDRESSES,
  type AddressSpace,
  type Image,
  type MmAddresses,
  type OpenFile,
  type Task,
  type Thread,
  type Vma,
} from '../../src/format/model/image.js';
import type { KernelItem, KernelState } from '../../src/format/model/kernel-state.js';
import { PAGE_BYTES, vaddrOf } from '../../src/format/model/page.js';
import { NO_PAGES, PageRunsBuilder, type PageRuns } from '../../src/format/model/page-runs.js';
import type { SharedMemory } from '../../src/format/model/shared-memory.js';
import { VM_FLAGS } from '../../src/format/model/vm-flags.js';
import { kindOfVma, segmentName } from '../../src/format/model/vma-kind.js';
import { bytesOf, u64, type Draw } from './arbitrary-ckpt-records.js';
import { KernelBuild, SEGMENT_KEY, type Sections } from './arbitrary-ckpt-kernel.js';
import { pool } from './arbitrary-image.js';

const NOTHING = new Uint8Array(0);
const XSTATE_BYTES = 512;
const PRIVATE = VM_FLAGS.READ | VM_FLAGS.WRITE;
const SHARED = PRIVATE | VM_FLAGS.SHARED | VM_FLAGS.MAYSHARE;

const path = fc.stringMatching(/^\/[\x20-\x7e]{0,30}$/);

class Build extends KernelBuild {
  #pid = 1;

  image(): Image {
    const { draw, revision, wordBytes } = this;
    for (let i = 0; i < 2; i++) this.shared.push(this.memory(this.records.id()));
    const tasks: Task[] = [this.task(undefined, 0)];
    const others = draw(fc.nat(3));
    for (let i = 0; i < others; i++) {
      const parent = draw(fc.constantFrom(...tasks.filter(({ mm }) => mm)));
      tasks.push(
        revision.hasZombies && draw(fc.nat(3)) === 0 ? this.zombie(parent.pid) : this.task(parent, parent.pid),
      );
    }
    const container: KernelItem[] = [
      this.records.record('BUFFER', { payload: draw(bytesOf(11)) }),
      this.records.record('LSM_INFO', { payload: draw(fc.uint8Array({ maxLength: 192 })) }),
    ];
    const header = {
      kernel: { major: 2, minor: 6, patch: draw(fc.integer({ min: 28, max: 38 })) },
      uname: { release: '2.6', version: draw(fc.stringMatching(/^[\x20-\x7e]{0,64}$/)), machine: 'x86' },
      timeSeconds: draw(u64),
      cpu: { hasFxsr: draw(fc.boolean()), hasXsave: draw(fc.boolean()), xstateBytes: XSTATE_BYTES },
      uflags: draw(fc.constantFrom(0n, 1n)),
      ...(revision.hasLsm && draw(fc.boolean()) && { container }),
    };
    return {
      name: 'arbitrary',
      format: { family: 'ckpt', revision: revision.name, covers: revision.covers, wordBytes, decidedBy: [] },
      header,
      tasks,
      contents: new MemorySource(pool, 'pool'),
      notes: [],
      close: () => Promise.resolve(),
    };
  }

  pid(): number {
    this.#pid += this.draw(fc.integer({ min: 1, max: 900 }));
    return this.#pid;
  }

  ids(pid: number, ppid: number): Pick<Task, 'pid' | 'tgid' | 'ppid' | 'pgid' | 'sid'> {
    const group = fc.option(fc.integer({ min: 1, max: 5000 }), { nil: undefined });
    return { pid, tgid: pid, ppid, pgid: this.draw(group), sid: this.draw(group) };
  }

  zombie(ppid: number): Task {
    const pid = this.pid();
    const exit = { exitState: 16, exitCode: this.draw(fc.nat(65535)), exitSignal: 17 };
    const thread: Thread = {
      ...{ tid: pid, comm: 'gone', state: 64, registers: {}, usesDebug: 0, tls: NOTHING, xstate: NOTHING },
      kernel: this.state({ task: this.further('TASK') }),
    };
    return { ...this.ids(pid, ppid), ...exit, mm: undefined, files: [], threads: [thread] };
  }

  task(parent: Task | undefined, ppid: number): Task {
    const pid = this.pid();
    const sections: Sections = { creds: this.creds(), ns: this.ns(), ...this.shares() };
    const isSharing = (): boolean => parent !== undefined && this.draw(fc.nat(2)) === 0;
    let files = isSharing() ? parent?.files : undefined;
    if (!files) {
      const table = this.table();
      files = table.files;
      sections.files = table.deferred;
    }
    const mm = (isSharing() ? parent?.mm : undefined) ?? this.space();
    const first = this.thread(pid, sections);
    const others = Array.from({ length: this.draw(fc.nat(2)) }, () => this.thread(this.pid(), this.threadSections()));
    const exit = { exitState: 0, exitCode: 0, exitSignal: 17 };
    return { ...this.ids(pid, ppid), ...exit, mm, files, threads: [first, ...others] };
  }

  further(name: 'TASK' | 'THREAD'): KernelItem[] | undefined {
    const known = {
      TASK: ['state', 'exit_state', 'exit_code', 'exit_signal', 'task_comm_len'],
      THREAD: ['gdt_entry_tls_entries', 'sizeof_tls_array', 'ntls', 'tls'],
    };
    return this.records.further(name, known[name]);
  }

  /** A thread may have exit fields of its own, and refers to the credentials of its process. */
  threadSections(): Sections {
    const [exit_code, exit_signal] = [this.draw(fc.nat(2)), this.draw(fc.nat(2))];
    const known = ['state', 'exit_state', 'task_comm_len'];
    const [further] = this.records.further('TASK', known, { exit_code, exit_signal: exit_signal + 1 }) ?? [];
    const isOwn = this.draw(fc.boolean()) && further?.kind === 'record';
    const own = isOwn ? [{ ...further, fields: { ...further.fields, exit_signal } }] : undefined;
    return { creds: this.creds(), ns: this.ns(), ...(own && { task: own }) };
  }

  thread(tid: number, sections: Sections): Thread {
    const { draw, revision } = this;
    const usesDebug = revision.name === 'v16' ? draw(fc.nat(1)) : 0;
    const all: Sections = {
      task: this.further('TASK'),
      thread: this.further('THREAD'),
      restart_block: draw(fc.boolean()) ? [this.records.record('RESTART_BLOCK')] : undefined,
      pending: draw(fc.boolean()) ? this.pending() : undefined,
      ...sections,
    };
    return {
      ...{ tid, comm: draw(fc.stringMatching(/^[\x20-\x7e]{0,15}$/)), state: draw(fc.nat(8)) },
      ...{ registers: this.registers(), usesDebug },
      tls: draw(fc.boolean()) ? draw(bytesOf(24)).fill(1, 0, 1) : NOTHING,
      xstate: draw(fc.boolean()) ? draw(bytesOf(XSTATE_BYTES)) : NOTHING,
      kernel: this.state(all),
    };
  }

  state(sections: Sections): KernelState | undefined {
    const { revision, draw } = this;
    const isNested = revision.hasVpids || revision.pidObjects !== undefined;
    const nestedPids = isNested ? draw(fc.array(fc.nat(9999), { maxLength: 2 })) : [];
    const kept = Object.entries(sections).filter(([, items]) => items !== undefined);
    if (nestedPids.length + kept.length === 0) return undefined;
    return { nestedPids, sections: Object.fromEntries(kept) };
  }

  space(): AddressSpace {
    const { draw, wordBytes, revision } = this;
    const addresses = Object.fromEntries(MM_ADDRESSES.map((name) => [name, draw(u64)])) as MmAddresses;
    const word = revision.auxv === 'longs' && wordBytes === 4 ? u64.map((all) => all & 0xffff_ffffn) : u64;
    const auxv = Array.from({ length: 44 }, () => draw(word));
    const vmas: Vma[] = [];
    let vpn = wordBytes === 8 ? 0x7_0000_0000 : 0x100;
    const count = draw(fc.nat(6));
    for (let i = 0; i < count; i++) {
      vpn += draw(fc.nat(20));
      const pages = draw(fc.integer({ min: 1, max: 40 }));
      const isHuge = revision.types.HPAGE !== undefined && draw(fc.boolean());
      vmas.push({
        ...this.vma(vpn, pages, addresses),
        ...(isHuge && { hugetlb_shift: draw(fc.constantFrom(21, 30)) }),
      });
      vpn += pages;
    }
    return {
      ...{ ...addresses, vmas, ldt: draw(bytesOf(8 * draw(fc.nat(3)))), id: this.records.id(), vdso: draw(u64) },
      exe: draw(fc.boolean()) ? this.mappedFile() : undefined,
      ...(revision.auxv !== 'none' && { auxv, def_flags: draw(u64), flags: draw(u64) }),
    };
  }

  mappedFile(): OpenFile {
    if (this.mapped.length === 0 || this.draw(fc.boolean())) this.mapped.push(this.open('regular', this.draw(path)));
    return this.draw(fc.constantFrom(...this.mapped));
  }

  vma(startVpn: number, pages: number, mm: MmAddresses): Vma {
    const { draw } = this;
    const area = { vm_start: vaddrOf(startVpn), vm_end: vaddrOf(startVpn + pages), vm_page_prot: draw(u64) };
    const type = draw(fc.constantFrom('anon', 'file', 'shared-file', 'shared', 'memfd', 'sysv', 'vdso'));
    const sized = { fileBytes: BigInt(draw(fc.integer({ min: 1, max: 9999999 }))) };
    if (type === 'vdso')
      return { ...area, vm_flags: PRIVATE, vm_pgoff: 0n, kind: 'vdso', name: undefined, pages: NO_PAGES };
    if (type === 'anon' || type === 'file' || type === 'shared-file') {
      const file = type === 'anon' ? undefined : this.mappedFile();
      const facts = { ...area, vm_flags: type === 'shared-file' ? SHARED : PRIVATE, name: file?.name };
      const contents = type === 'shared-file' ? NO_PAGES : this.runs(startVpn, pages);
      const backing = file ? { file, ...sized } : {};
      return { ...facts, vm_pgoff: draw(u64), kind: kindOfVma(facts, mm), pages: contents, ...backing };
    }
    const isSegment = type === 'sysv' && this.segments.length > 0;
    const shared = draw(fc.constantFrom(...(isSegment ? this.segments : this.shared)));
    const memfd = type === 'memfd' ? this.open('regular', '/memfd:x') : undefined;
    const vm_pgoff = draw(fc.nat(20));
    const kind = isSegment ? 'sysv' : memfd ? 'memfd' : 'shared-anon';
    return {
      ...{
        ...area,
        vm_flags: SHARED,
        vm_pgoff: BigInt(vm_pgoff),
        kind,
        name: isSegment ? segmentName(SEGMENT_KEY) : memfd?.name,
        shared,
      },
      pages: shown(shared, startVpn, pages, vm_pgoff),
      fileBytes: shared.sizeBytes,
      ...(memfd && { file: memfd }),
    };
  }
}

/** A page at a time: another way than the code under test goes. */
function shown({ pages }: SharedMemory, startVpn: number, count: number, pgoff: number): PageRuns {
  const builder = new PageRunsBuilder();
  for (let run = 0; run < pages.count; run++) {
    for (let i = 0; i < (pages.nrPages[run] ?? 0); i++) {
      const vpn = (pages.vpn[run] ?? 0) + i - pgoff;
      if (vpn >= 0 && vpn < count) builder.add(startVpn + vpn, 1, (pages.offset[run] ?? 0) + i * PAGE_BYTES);
    }
  }
  return builder.take();
}

/** An image that `revision` holds whole, of any word size that it knows. Made of one number: it is not shrunk. */
export function anyCkptImage(revision: CkptRevision): fc.Arbitrary<Image> {
  const images = fc.nat().map((first) => {
    let seed = first;
    const draw: Draw = (arbitrary) => {
      const [value] = fc.sample(arbitrary, { numRuns: 1, seed: seed++ });
      // one was asked for
      return value as never;
    };
    return new Build(draw, revision).image();
  });
  return fc.noShrink(images);
}
