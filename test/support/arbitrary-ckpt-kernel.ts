// What a task of a ckpt stream has beside its memory, drawn at random for one revision.
import fc from 'fast-check';
import { encodeText } from '../../src/format/bytes/text.js';
import type { CkptRevision } from '../../src/format/ckpt/tables/revision.js';
import type { FileDescriptor, OpenFile } from '../../src/format/model/image.js';
import type { KernelItem, KernelSection } from '../../src/format/model/kernel-state.js';
import { PAGE_BYTES } from '../../src/format/model/page.js';
import { PageRunsBuilder, type PageRuns } from '../../src/format/model/page-runs.js';
import { REGISTER_NAMES, type Registers } from '../../src/format/model/registers.js';
import type { SharedMemory } from '../../src/format/model/shared-memory.js';
import { Records, bytesOf, u64, type Draw } from './arbitrary-ckpt-records.js';
import { pool } from './arbitrary-image.js';

const POOL_PAGES = pool.length / PAGE_BYTES;
const NOTHING = new Uint8Array(0);
const LDT_SELECTOR = 0x0fn;

const path = fc.stringMatching(/^\/[\x20-\x7e]{0,30}$/);
const text = (value: string): Uint8Array => encodeText(`${value}\0`);

/** Key of all segments. */
export const SEGMENT_KEY = 0xab01;

export type Sections = Partial<Record<KernelSection, readonly KernelItem[] | undefined>>;

/** Draws the parts of an image that are not memory. */
export class KernelBuild {
  readonly records: Records;
  readonly segments: SharedMemory[] = [];
  readonly shared: SharedMemory[] = [];
  readonly mapped: OpenFile[] = [];
  readonly draw: Draw;
  readonly revision: CkptRevision;
  readonly wordBytes: 4 | 8;
  #creds: { readonly cred_ref: number; readonly ecred_ref: number } | undefined;
  #ns: number | undefined;

  constructor(draw: Draw, revision: CkptRevision) {
    this.draw = draw;
    this.revision = revision;
    const words = ([4, 8] as const).filter((bytes) => revision.archIds[bytes === 8 ? 'X86_64' : 'X86_32']);
    this.wordBytes = draw(fc.constantFrom(...words));
    this.records = new Records(revision, draw, draw(fc.nat(40)));
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

  registers(): Registers {
    const { draw, wordBytes, revision } = this;
    const fields = revision.shapes.CPU?.layouts[0]?.fields.map(({ name }) => name) ?? [];
    const selectors =
      wordBytes === 8 ? [0n, 0x23n, 0x2bn, 0x33n, 0x6bn, LDT_SELECTOR] : [0n, 0x73n, 0x7bn, 0x3bn, LDT_SELECTOR];
    const bases = wordBytes === 8 ? ['fs_base', 'gs_base'] : [];
    // fs and gs of x86_64 are the bases; the selectors stand beside them, where there is room
    const fieldOf = (name: string): string => (wordBytes === 8 && /^[fg]s$/.test(name) ? `${name}index` : name);
    const named = REGISTER_NAMES.filter((name) => fields.includes(fieldOf(name)) || bases.includes(name));
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
      records.record('IPC_SHM', { fields: { objref: memory.id ?? 0, shm_segsz: memory.sizeBytes, key: SEGMENT_KEY } }),
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
}
