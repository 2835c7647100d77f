// Images as a ckpt stream of one revision has them: all that the revision can hold, and nothing that it cannot.
import fc from 'fast-check';
import { encodeText } from '../../src/format/bytes/text.js';
import { MemorySource } from '../../src/format/bytes/memory.js';
import type { CkptRevision } from '../../src/format/ckpt/revision.js';
import {
  MM_ADDRESSES,
  type AddressSpace,
  type FileDescriptor,
  type Image,
  type MmAddresses,
  type OpenFile,
  type Task,
  type Thread,
  type Vma,
} from '../../src/format/model/image.js';
import type { KernelItem, KernelSection, KernelState } from '../../src/format/model/kernel-state.js';
import { PAGE_BYTES, vaddrOf } from '../../src/format/model/page.js';
import { NO_PAGES, PageRunsBuilder, type PageRuns } from '../../src/format/model/page-runs.js';
import { REGISTER_NAMES, type Registers } from '../../src/format/model/registers.js';
import type { SharedMemory } from '../../src/format/model/shared-memory.js';
import { VM_FLAGS } from '../../src/format/model/vm-flags.js';
import { kindOfVma } from '../../src/format/model/vma-kind.js';
import { Records, bytesOf, u64, type Draw } from './arbitrary-ckpt-records.js';
import { pool } from './arbitrary-image.js';

const POOL_PAGES = pool.length / PAGE_BYTES;
const NOTHING = new Uint8Array(0);
const XSTATE_BYTES = 512;
const PRIVATE = VM_FLAGS.READ | VM_FLAGS.WRITE;
const SHARED = PRIVATE | VM_FLAGS.SHARED | VM_FLAGS.MAYSHARE;
const LDT_SELECTOR = 0x0fn;

const path = fc.stringMatching(/^\/[\x20-\x7e]{0,30}$/);
const text = (value: string): Uint8Array => encodeText(`${value}\0`);

class Build {
  readonly records: Records;
  readonly segments: SharedMemory[] = [];
  readonly shared: SharedMemory[] = [];
  readonly mapped: OpenFile[] = [];
  readonly draw: Draw;
  readonly revision: CkptRevision;
  readonly wordBytes: 4 | 8;
  #pid = 1;
  #creds: { readonly cred_ref: number; readonly ecred_ref: number } | undefined;
  #ns: number | undefined;

  constructor(draw: Draw, revision: CkptRevision) {
    this.draw = draw;
    this.revision = revision;
    const words = ([4, 8] as const).filter((bytes) => revision.archIds[bytes === 8 ? 'X86_64' : 'X86_32']);
    this.wordBytes = draw(fc.constantFrom(...words));
    this.records = new Records(revision, draw, draw(fc.nat(40)));
  }

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

  memory(id: number): SharedMemory {
    const pages = this.draw(fc.integer({ min: 1, max: 30 }));
    return { id, sizeBytes: BigInt(pages * PAGE_BYTES), pages: this.runs(0, pages) };
  }

  runs(start: number, pages: number): PageRuns {
    const builder = new PageRunsBuilder();
    for (let i = 0; i < pages; i++)
      if (this.draw(fc.boolean())) builder.add(start + i, 1, this.draw(fc.nat(POOL_PAGES - 1)) * PAGE_BYTES);
    return builder.take();
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
    const [exit_code, exit_signal] = [this.draw(fc.nat(255)), this.draw(fc.integer({ min: 1, max: 64 }))];
    const known = ['state', 'exit_state', 'task_comm_len'];
    const own = this.draw(fc.boolean()) ? this.records.further('TASK', known, { exit_code, exit_signal }) : undefined;
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
    return { nestedPids, sections: Object.fromEntries(kept) as KernelState['sections'] };
  }

  registers(): Registers {
    const { draw, wordBytes, revision } = this;
    const fields = revision.shapes.CPU?.layouts[0]?.fields.map(({ name }) => name) ?? [];
    const selectors =
      wordBytes === 8 ? [0n, 0x23n, 0x2bn, 0x33n, 0x6bn, LDT_SELECTOR] : [0n, 0x73n, 0x7bn, 0x3bn, LDT_SELECTOR];
    const bases = wordBytes === 8 ? ['fs_base', 'gs_base'] : [];
    const named = REGISTER_NAMES.filter((name) => (fields as string[]).includes(name) || bases.includes(name));
    const segments = ['cs', 'ss', 'ds', 'es', 'fs', 'gs'];
    const all = named.map((name) => [name, draw(segments.includes(name) ? fc.constantFrom(...selectors) : u64)]);
    const cs = wordBytes === 8 ? 0x33n : 0x73n;
    return { ...(Object.fromEntries(all) as Registers), cs };
  }

  pending(): KernelItem[] | undefined {
    if (!this.records.has('SIGPENDING')) return undefined;
    return [
      this.pendingRecord(),
      this.records.record('SIGNAL_TASK', { fields: { blocked: new Uint8Array(8).fill(7) } }),
    ];
  }

  pendingRecord(): KernelItem {
    const nr_pending = this.draw(fc.nat(3));
    return this.records.record('SIGPENDING', { fields: { nr_pending }, elements: nr_pending });
  }

  creds(): KernelItem[] | undefined {
    const { records } = this;
    if (!records.has('TASK_CREDS')) return undefined;
    if (this.#creds) return [records.record('TASK_CREDS', { fields: this.#creds })];
    const [cred, user, userns, group] = [records.id(), records.id(), records.id(), records.id()];
    this.#creds = { cred_ref: cred, ecred_ref: cred };
    const ngroups = this.draw(fc.nat(4));
    return [
      ...records.object('CRED', cred, { kind: 'object', object: 'USER', id: user }),
      ...records.object('USER_NS', userns, records.record('USER_NS')),
      records.record('USER', { fields: { userns_ref: userns } }),
      ...records.object('GROUPINFO', group, records.record('GROUPINFO', { fields: { ngroups }, elements: ngroups })),
      records.record('CRED', { fields: { user_ref: user, groupinfo_ref: group } }),
      records.record('TASK_CREDS', { fields: this.#creds }),
    ];
  }

  ns(): KernelItem[] {
    const { records } = this;
    const end = (ns: number): KernelItem => records.record('TASK_NS', { fields: { ns_objref: ns } });
    if (this.#ns !== undefined) return [end(this.#ns)];
    const ns = records.id();
    this.#ns = ns;
    if (this.revision.name === 'v16') {
      const strings = ['node', 'domain'].map((name) => records.record('STRING', { payload: text(name) }));
      return [...records.object('NS', ns, records.record('NS')), records.record('UTS_NS'), ...strings, end(ns)];
    }
    const [uts, ipc] = [records.id(), records.id()];
    return [
      { kind: 'object', object: 'NS', id: ns },
      ...records.object('UTS_NS', uts, records.record('UTS_NS')),
      ...records.object('IPC_NS', ipc, records.record('IPC_NS'), ...this.ipc()),
      records.record('NS', { fields: { uts_objref: uts, ipc_objref: ipc } }),
      end(ns),
    ];
  }

  ipc(): KernelItem[] {
    const { records } = this;
    const memory = this.memory(records.id());
    this.segments.push(memory);
    const count = (ipc_type: number, ipc_count: number): KernelItem =>
      records.record('IPC', { fields: { ipc_type, ipc_count } });
    return [
      count(502, 1),
      records.record('IPC_SHM', { fields: { objref: memory.id ?? 0, shm_segsz: memory.sizeBytes } }),
      { kind: 'memory', memory },
      count(503, 0),
      count(505, 1),
      records.record('IPC_SEM', { fields: { sem_nsems: 2 } }),
      records.record('BUFFER', { payload: this.draw(bytesOf(16)) }),
    ];
  }

  /** What a task shares with nobody here. */
  shares(): Sections {
    const { records, draw } = this;
    const sections: Sections = {};
    const refs: Record<string, number> = {};
    if (records.has('FS') && draw(fc.boolean())) {
      refs['fs_objref'] = records.id();
      const paths = [0, 1].map(() => records.record('FILE_NAME', { payload: text(draw(path)) }));
      sections.fs = records.object('FS', refs['fs_objref'], records.record('FS'), ...paths);
    }
    if (records.has('TASK_SEM_UNDO_LIST') && draw(fc.boolean())) {
      refs['sem_undo_objref'] = records.id();
      const list = records.record('TASK_SEM_UNDO_LIST', { fields: { count: 0 } });
      sections.sem_undo = records.object('SEM_UNDO', refs['sem_undo_objref'], list);
    }
    if (records.has('SIGHAND') && draw(fc.boolean())) {
      refs['sighand_objref'] = records.id();
      sections.sighand = records.object('SIGHAND', refs['sighand_objref'], records.record('SIGHAND', { elements: 64 }));
    }
    if (records.has('SIGNAL') && draw(fc.boolean())) {
      refs['signal_objref'] = records.id();
      sections.signal = [records.record('SIGNAL'), this.pendingRecord()];
    }
    const objs: KernelItem = { kind: 'record', name: 'TASK_OBJS', fields: refs, elements: [], payload: NOTHING };
    if (Object.keys(refs).length > 0) sections.objs = [objs];
    return sections;
  }

  open(type: OpenFile['type'], name: string, kernel?: OpenFile['kernel'], id = this.records.id()): OpenFile {
    const [f_mode, f_pos, f_version] = [this.draw(fc.nat(0xffff)), this.draw(u64), this.draw(u64)];
    return { type, name, f_mode, f_flags: type === 'directory' ? 0x10000 : 2, f_pos, f_version, id, kernel };
  }

  plain(): OpenFile {
    const f_credref = this.#creds?.cred_ref ?? 0;
    const fields = this.revision.name === 'v16' || f_credref === 0 ? {} : { f_credref };
    const kernel =
      Object.keys(fields).length > 0 && this.draw(fc.boolean()) ? { before: [], fields, after: [] } : undefined;
    return this.open(this.draw(fc.constantFrom('regular', 'directory')), this.draw(path), kernel);
  }

  table(): { readonly files: FileDescriptor[]; readonly deferred: KernelItem[] | undefined } {
    const { records, draw } = this;
    const kinds = draw(fc.subarray(['plain', 'pipe', 'fifo', 'socket', 'tty', 'epoll', 'eventfd'] as const));
    const deferred: KernelItem[] = [];
    const files = kinds.flatMap((kind) => {
      if (kind === 'pipe' || kind === 'fifo') return this.pipe(kind);
      if (kind === 'socket' && records.has('SOCKET')) return [this.socket()];
      if (kind === 'tty' && records.has('TTY')) return [this.tty()];
      if (kind === 'epoll' && records.has('EPOLL_ITEMS')) return this.epoll(deferred);
      if (kind === 'eventfd' && records.has('EPOLL_ITEMS')) return [this.eventfd()];
      return [this.plain()];
    });
    const doubled = [...files, ...files.slice(0, 1)];
    const all = doubled.map((file, fd) => ({ fd, isCloseOnExec: draw(fc.boolean()), file }));
    return { files: all, deferred: deferred.length > 0 ? deferred : undefined };
  }

  pipe(type: 'pipe' | 'fifo'): OpenFile[] {
    const pipe_objref = this.records.id();
    const fields = { pipe_objref };
    const name = type === 'pipe' ? `pipe:[${String(pipe_objref)}]` : this.draw(path);
    const payload = this.draw(fc.uint8Array({ maxLength: 50 }));
    const contents: KernelItem = { kind: 'record', name: 'PIPE_BUF', fields: {}, elements: [], payload };
    return [
      this.open(type, name, { before: [], fields, after: [contents] }),
      this.open(type, name, { before: [], fields, after: [] }),
    ];
  }

  socket(): OpenFile {
    const { records } = this;
    const id = records.id();
    const before = records.object('SOCK', id, records.record('SOCKET_UNIX'), records.record('SOCKET'));
    return this.open('socket', `socket:[${String(id)}]`, { before, fields: { sock_objref: id }, after: [] });
  }

  tty(): OpenFile {
    const { records } = this;
    const id = records.id();
    const before = records.object('TTY', id, records.record('TTY'));
    return this.open('tty', `tty:[${String(id)}]`, { before, fields: { tty_objref: id }, after: [] });
  }

  epoll(deferred: KernelItem[]): OpenFile[] {
    const { records } = this;
    const [watched, epoll] = [this.plain(), this.open('epoll', 'anon_inode:[eventpoll]')];
    const items = records.record('EPOLL_ITEMS', { fields: { epfile_objref: epoll.id ?? 0, num_items: 1 } });
    deferred.push(items, records.epollBuffer([{ file_objref: watched.id ?? 0, fd: 1 }]));
    return [watched, epoll];
  }

  eventfd(): OpenFile {
    const fields = { count: this.draw(u64) | 1n, flags: 2 };
    return this.open('eventfd', 'anon_inode:[eventfd]', { before: [], fields, after: [] });
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
      vmas.push(this.vma(vpn, pages, addresses));
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
      ...{ ...area, vm_flags: SHARED, vm_pgoff: BigInt(vm_pgoff), kind, name: memfd?.name, shared },
      pages: shown(shared, startVpn, pages, vm_pgoff),
      fileBytes: shared.sizeBytes,
      ...(memfd && { file: memfd }),
    };
  }
}

type Sections = Partial<Record<KernelSection, readonly KernelItem[] | undefined>>;

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
