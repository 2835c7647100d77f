// Streams put together record by record, also such as our writer would never write.
import { HEAD_MAGIC, TAIL_MAGIC } from '../../src/format/linux-cr/magic.js';
import { encodeLayoutInto } from '../../src/format/layout/encode.js';
import type { EncodableOf, Layout } from '../../src/format/layout/layout.js';
import { MM_V1_32 } from '../../src/format/cr/tables/mm.js';
import { chunkPages } from '../../src/format/cr/tables/pgarr.js';
import { CR_HDR } from '../../src/format/cr/tables/record.js';
import { V11, layoutToWrite, type CrRevision } from '../../src/format/cr/tables/revision.js';
import { STRUCTS, type StructName, type StructRecord, type TextName } from '../../src/format/cr/tables/structs.js';
import { PID_ENTRY } from '../../src/format/cr/tables/task.js';
import { VMA_V1_32 } from '../../src/format/cr/tables/vma.js';
import { PAGE_BYTES, vaddrOf } from '../../src/format/model/page.js';

/** The pid of every task here. */
const PID = 77;

export class StreamBuilder {
  readonly #parts: Uint8Array[] = [];
  readonly #revision: CrRevision;
  readonly #layouts: ReadonlyMap<StructName, Layout>;

  /** @param layouts  of records for which the revision has more than one, and not the first is wanted */
  constructor(revision: CrRevision = V11, layouts: readonly (readonly [StructName, Layout])[] = []) {
    this.#revision = revision;
    this.#layouts = new Map(layouts);
  }

  struct<N extends StructName>(name: N, parent: number, fields: StructRecord<N>): this {
    const layout = this.#layouts.get(name) ?? layoutToWrite(this.#revision, name, fields);
    const payload = new Uint8Array(layout.size);
    encodeLayoutInto(layout, fields as object as EncodableOf<Layout>, payload, 0);
    return this.opaque(name, parent, payload);
  }

  /** A record of any bytes. */
  opaque(name: StructName, parent: number, payload: Uint8Array): this {
    return this.#record(name, this.#revision.parents === 'pid' ? PID : parent, payload);
  }

  text(name: TextName, text: string): this {
    return this.#record(name, this.#revision.parents === 'pid' ? PID : 0, new TextEncoder().encode(text));
  }

  raw(bytes: Uint8Array): this {
    this.#parts.push(bytes);
    return this;
  }

  bytes(): Uint8Array {
    return new Uint8Array(Buffer.concat(this.#parts));
  }

  #record(name: StructName | TextName, parent: number, payload: Uint8Array): this {
    const type = this.#revision.types[name];
    if (type === undefined) throw new Error(`no ${name} in ${this.#revision.name}`);
    const header = new Uint8Array(CR_HDR.size);
    encodeLayoutInto(CR_HDR, { type, len: payload.length, parent }, header, 0);
    return this.raw(header).raw(payload);
  }
}

export interface Chunk {
  /** What its PGARR says. */
  readonly header: number;
  /** Pages that it has. */
  readonly count: number;
}

/** Chunks as v5 to v11 write them when their steps find so many pages: the first is right, later counts add up. */
export function cumulativeChunks(found: readonly number[], wordBytes: 4 | 8): Chunk[] {
  let sum = 0;
  const chunks = found.map((count) => ({ header: (sum += count), count }));
  if (chunks[0]?.count !== chunkPages(wordBytes)) throw new Error('the counter only goes wrong behind a full chunk');
  return chunks;
}

export interface OneVma {
  readonly wordBytes: 4 | 8;
  /** Length of the mapping. */
  readonly pages: number;
  readonly chunks: readonly Chunk[];
  /** First page of the mapping; 0x8000 unless told. */
  readonly startVpn?: number;
  readonly machine?: string;
  readonly revision?: CrRevision;
  /** Fields of the CPU record that are not 0. */
  readonly cpu?: Partial<StructRecord<'CPU'>>;
  /** What stands behind THREAD; unless told, what kernels of the revision write. */
  readonly tls?: Uint8Array;
}

const TEXT_64 = (text: string): Uint8Array => Uint8Array.from({ length: 64 }, (_, i) => text.charCodeAt(i) || 0);

/** The pages of one chunk, each with its own number in its first eight bytes. */
function chunkBytes(firstVpn: number, count: number, wordBytes: 4 | 8): Uint8Array {
  const bytes = new Uint8Array(count * (wordBytes + PAGE_BYTES));
  const view = new DataView(bytes.buffer);
  for (let i = 0; i < count; i++) {
    const vaddr = vaddrOf(firstVpn + i);
    if (wordBytes === 8) view.setBigUint64(i * 8, vaddr, true);
    else view.setUint32(i * 4, Number(vaddr), true);
    view.setFloat64(count * wordBytes + i * PAGE_BYTES, firstVpn + i, true);
  }
  return bytes;
}

/** A whole image of one task with one anonymous mapping, its pages one after the other from the start. */
export function oneAnonVma(options: OneVma): Uint8Array {
  const { wordBytes, revision = V11 } = options;
  const isNarrow = revision.alignment === 'native' && wordBytes === 4;
  const narrow = isNarrow
    ? ([
        ['MM', MM_V1_32],
        ['VMA', VMA_V1_32],
      ] as const)
    : [];
  const stream = new StreamBuilder(revision, narrow);
  addHead(stream, options);
  addTask(stream, revision);
  addMemory(stream, options);
  if (revision.types.FILES !== undefined) stream.struct('FILES', PID, { objref: 0, nfds: 0 });
  stream.struct('THREAD', PID, { gdt_entry_tls_entries: 3, sizeof_tls_array: 24, ntls: 0 });
  stream.raw(options.tls ?? new Uint8Array(revision.tls === 'always' ? 24 : 0));
  const zero = STRUCTS.CPU.fields.map((field) => [field.name, field.size === 8 ? 0n : 0]);
  // all fields of the table are there
  const cpu = Object.fromEntries(zero) as unknown as StructRecord<'CPU'>;
  stream.struct('CPU', PID, { ...cpu, has_fxsr: 1, fpu: new Uint8Array(512), ...options.cpu });
  return stream.struct('TAIL', 0, { magic: TAIL_MAGIC }).bytes();
}

function addHead(stream: StreamBuilder, { wordBytes, revision = V11, ...options }: OneVma): void {
  const machine = options.machine ?? (wordBytes === 8 ? 'x86_64' : 'i686');
  const uts = { release: TEXT_64('2.6.28'), version: TEXT_64('#1'), machine: TEXT_64(machine) };
  const version = { major: 2, minor: 6, patch: 28, rev: revision.headRevs[0] };
  stream.struct('HEAD', 0, { magic: HEAD_MAGIC, ...version, time: 1n, flags: 1n, ...uts });
  if (revision.types.HEAD_ARCH !== undefined)
    stream.struct('HEAD_ARCH', 0, { has_fxsr: 1, has_xsave: 0, xstate_size: 512 });
  if (revision.types.TREE === undefined) return;
  const entry = new Uint8Array(PID_ENTRY.size);
  encodeLayoutInto(PID_ENTRY, { vpid: PID, vtgid: PID, vppid: 1, pad: new Uint8Array(4) }, entry, 0);
  stream.struct('TREE', 0, { tasks_nr: 1 }).raw(entry);
}

function addTask(stream: StreamBuilder, revision: CrRevision): void {
  const comm = 'one'.padEnd(16, '\0');
  if (revision.comm === 'inline') {
    stream.opaque('TASK', 0, new TextEncoder().encode('?'.repeat(40) + comm));
    return;
  }
  stream.struct('TASK', 0, { state: 0, exit_state: 0, exit_code: 0, exit_signal: 17, task_comm_len: 16 });
  stream.text('STRING', comm);
}

function addMemory(stream: StreamBuilder, options: OneVma): void {
  const { wordBytes, pages, chunks, startVpn = 0x8000, revision = V11 } = options;
  const zero = { start_code: 0n, end_code: 0n, start_data: 0n, end_data: 0n, start_brk: 0n, brk: 0n, start_stack: 0n };
  const strings = { arg_start: 0n, arg_end: 0n, env_start: 0n, env_end: 0n };
  stream.struct('MM', PID, { objref: 0, map_count: 1, ...zero, ...strings });
  const range = { vm_start: vaddrOf(startVpn), vm_end: vaddrOf(startVpn + pages) };
  const listed = chunks.reduce((sum, { count }) => sum + count, 0);
  const counts = { nr_pages: BigInt(listed), npages: listed, namelen: 0 };
  stream.struct('VMA', 0, { vma_type: 1, ...range, vm_page_prot: 0x25n, vm_flags: 0x73n, vm_pgoff: 0n, ...counts });
  if (revision.types.PGARR === undefined) stream.raw(chunkBytes(startVpn, listed, wordBytes));
  else addChunks(stream, chunks, startVpn, wordBytes);
  stream.struct('MM_CONTEXT', 0, { ldt_entry_size: 8, nldt: 0 });
}

function addChunks(stream: StreamBuilder, chunks: readonly Chunk[], startVpn: number, wordBytes: 4 | 8): void {
  let vpn = startVpn;
  for (const { header, count } of chunks) {
    stream.struct('PGARR', 0, { nr_pages: BigInt(header) }).raw(chunkBytes(vpn, count, wordBytes));
    vpn += count;
  }
  stream.struct('PGARR', 0, { nr_pages: 0n });
}
