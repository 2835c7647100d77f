// ckpt streams put together record by record, in the order of any revision.
import { encodeLayoutInto } from '../../src/format/layout/encode.js';
import type { EncodableOf, Layout } from '../../src/format/layout/layout.js';
import type { FieldValue } from '../../src/format/layout/unit.js';
import { HEAD_MAGIC, TAIL_MAGIC } from '../../src/format/linux-cr/magic.js';
import type { RecordName, SectionName } from '../../src/format/ckpt/tables/names.js';
import { CKPT_HDR } from '../../src/format/ckpt/tables/record.js';
import { layoutToWrite, type CkptRevision } from '../../src/format/ckpt/tables/revision.js';

export type Fields = Readonly<Record<string, FieldValue>>;

/** What a field of no meaning here holds. */
function zeroOf({ type, size }: Layout['fields'][number]): FieldValue {
  if (type.kind === 'u64' || type.kind === 's64') return 0n;
  return type.kind === 'bytes' || type.kind === 'gap' ? new Uint8Array(size) : 0;
}

function encode(layout: Layout, fields: Fields): Uint8Array {
  const known = layout.fields.map((field) => [field.name, fields[field.name] ?? zeroOf(field)]);
  const bytes = new Uint8Array(layout.size);
  encodeLayoutInto(layout, Object.fromEntries(known) as EncodableOf<Layout>, bytes, 0);
  return bytes;
}

export class CkptBuilder {
  readonly revision: CkptRevision;
  readonly wordBytes: 4 | 8;
  readonly #parts: Uint8Array[] = [];

  constructor(revision: CkptRevision, wordBytes: 4 | 8) {
    this.revision = revision;
    this.wordBytes = wordBytes;
  }

  /** A record of its struct, and bytes behind it. */
  record(name: RecordName, fields: Fields = {}, tail: Uint8Array = new Uint8Array(0)): this {
    const layout = layoutToWrite(this.revision, name, this.wordBytes, fields);
    const type = this.revision.types[name];
    if (type === undefined) throw new Error(`no ${name} in ${this.revision.name}`);
    return this.strange(
      type,
      new Uint8Array(Buffer.concat([layout ? encode(layout, fields) : tail.subarray(0, 0), tail])),
    );
  }

  /** A record of any number. */
  strange(type: number, payload: Uint8Array): this {
    return this.raw(encode(CKPT_HDR, { type, len: CKPT_HDR.size + payload.length })).raw(payload);
  }

  raw(bytes: Uint8Array): this {
    this.#parts.push(bytes);
    return this;
  }

  object(name: keyof CkptRevision['objects'], objref: number): this {
    const objtype = this.revision.objects[name];
    if (objtype === undefined) throw new Error(`no ${name} object in ${this.revision.name}`);
    return this.record('OBJREF', { objtype, objref });
  }

  has(name: RecordName): boolean {
    return this.revision.types[name] !== undefined;
  }

  bytes(): Uint8Array {
    return new Uint8Array(Buffer.concat(this.#parts));
  }
}

const text = (bytes: string, length: number): Uint8Array => new Uint8Array(Buffer.from(bytes.padEnd(length, '\0')));

export interface OneTask {
  /** More sections, or others than those of a task that shares nothing. */
  readonly sections?: Readonly<Partial<Record<SectionName, (stream: CkptBuilder) => void>>>;
  readonly isZombie?: boolean;
  readonly head?: Fields;
}

/** Object numbers of the task here. */
const OBJECTS = { FILE_TABLE: 11, MM: 12 };

const SECTIONS: Readonly<Partial<Record<SectionName, (stream: CkptBuilder) => void>>> = {
  files: (stream) => stream.object('FILE_TABLE', OBJECTS.FILE_TABLE).record('FILE_TABLE', { fdt_nfds: 0 }),
  mm: (stream) => {
    stream.object('MM', OBJECTS.MM).record('MM', { map_count: 1 });
    const auxvBytes = stream.revision.auxv === 'longs' ? 44 * stream.wordBytes : 352;
    if (stream.revision.auxv !== 'none') stream.record('BUFFER', {}, new Uint8Array(auxvBytes));
    stream.record('VMA', { vma_type: 2, vm_start: 0x10000n, vm_end: 0x14000n });
    const { wordBytes } = stream;
    const pages = new Uint8Array(2 * (wordBytes + 4096));
    new DataView(pages.buffer).setUint32(0, 0x11000, true);
    new DataView(pages.buffer).setUint32(wordBytes, 0x13000, true);
    stream.record('PGARR', { nr_pages: 2n }).record('BUFFER', {}, pages).record('PGARR', { nr_pages: 0n });
    stream.record('MM_CONTEXT', { ldt_entry_size: 8, nldt: 0 }).record('MM_CONTEXT_LDT');
  },
  TASK_OBJS: (stream) => stream.record('TASK_OBJS', { files_objref: OBJECTS.FILE_TABLE, mm_objref: OBJECTS.MM }),
  THREAD: (stream) => stream.record('THREAD', { gdt_entry_tls_entries: 3, sizeof_tls_array: 24 }),
  RESTART_BLOCK: (stream) => stream.record('RESTART_BLOCK', { function_type: 1n }),
  CPU: (stream) => stream.record('CPU', stream.has('THREAD_TLS') ? { cs: 0x73n } : { cs: 1 }),
  pending: (stream) => stream.record('SIGPENDING').record('SIGNAL_TASK'),
};

/** A whole image of one task with pid 7, which has one mapping of four pages, two of them here. */
export function oneTask(revision: CkptRevision, wordBytes: 4 | 8, options: OneTask = {}): Uint8Array {
  const stream = new CkptBuilder(revision, wordBytes);
  addHead(stream, options.head ?? {});
  addTree(stream);
  stream.record('TASK', { exit_signal: 17, exit_state: options.isZombie ? 16 : 0, task_comm_len: 16 });
  stream.record('STRING', {}, text('one', 16));
  if (!options.isZombie) for (const name of revision.body) (options.sections?.[name] ?? SECTIONS[name])?.(stream);
  return stream.record('TAIL', { magic: TAIL_MAGIC }).bytes();
}

function addHead(stream: CkptBuilder, fields: Fields): void {
  const { revision, wordBytes } = stream;
  const names = ['sysname', 'nodename', 'release', 'version', 'machine', 'domainname'];
  const lengths = Object.fromEntries(names.map((name) => [`uts_${name}_len`, 65]));
  const arch = revision.archIds[wordBytes === 8 ? 'X86_64' : 'X86_32'] ?? 1;
  const auxv = { mm_saved_auxv_len: 44 * wordBytes, at_vector_size: 44 };
  const limits = { rlimit_nlimits: 16, n_tty_buf_size: 4096, tty_termios_ncc: 8, tty_termios_nccs: 19 };
  const facts = { magic: HEAD_MAGIC, arch_id: arch, rev: revision.headRevs[0], task_comm_len: 16, signal_nsig: 64 };
  stream.record('HEADER', { ...facts, ...lengths, ...auxv, ...limits, ...fields });
  for (const name of ['2.6.30', '#1', wordBytes === 8 ? 'x86_64' : 'i686']) stream.record('BUFFER', {}, text(name, 65));
  stream.record('HEADER_ARCH', { has_fxsr: 1, xstate_size: 512 });
  if (!stream.has('CONTAINER')) return;
  stream.record('CONTAINER');
  if (revision.hasLsm) stream.record('BUFFER', {}, text('default', 11)).record('LSM_INFO', {}, text('dummy', 5));
}

function addTree(stream: CkptBuilder): void {
  const { pidObjects, pids } = stream.revision;
  let ids: Fields = { vpid: 7, vppid: 1, vtgid: 7, vpgid: 7, vsid: 7 };
  if (pidObjects) {
    stream.record('PIDS', { nr_pids: 2, offset: pidObjects.offsetOf === 'first' ? 1 : 0 });
    stream.record('BUFFER', {}, new Uint8Array(Int32Array.of(0, 7, 0, 1).buffer));
    ids = { vpid: 1, vppid: 2, vtgid: 1, vpgid: 1, vsid: 1 };
  }
  stream.record('TREE', { nr_tasks: 1 }).record('BUFFER', {}, encode(pids, ids));
}
