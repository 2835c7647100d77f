import { writeCapture, writeParent, writeElsewhere } from '../../linux-cr/extension-write.js';
import { HEAD_MAGIC, TAIL_MAGIC } from '../../linux-cr/magic.js';
import { nameBytes } from '../../linux-cr/path.js';
import { LDT_ENTRY_BYTES, TLS_BYTES, TLS_ENTRIES } from '../../linux-cr/segments.js';
import { TASK_COMM_BYTES } from '../../linux-cr/task.js';
import type { ByteSink } from '../../bytes/sink.js';
import { fixedText } from '../../bytes/text.js';
import { BufferedWriter, type CopyOptions } from '../../bytes/writer.js';
import { FormatError } from '../../errors.js';
import { encodeLayoutInto } from '../../layout/encode.js';
import {
  NO_MEMORY,
  addressesOf,
  type Image,
  type OpenFile,
  type Task,
  type Thread,
  type Vma,
} from '../../model/image.js';
import type { MappedSpace } from '../../model/memory-map.js';
import { writeChunks } from './chunk-writer.js';
import { heldBy } from './held.js';
import { HEAD_FLAGS, UTS_BYTES } from '../tables/head.js';
import { RecordWriter } from './record-writer.js';
import { cpuFieldsOf } from '../registers.js';
import { fpuLengths, type CrRevision } from '../tables/revision.js';
import { FD_TYPES } from '../tables/files.js';
import { PID_ENTRY, commBytes } from '../tables/task.js';
import { splitThreads } from '../thread-groups.js';
import { VMA_TYPES } from '../tables/vma.js';

const NO_PADDING = new Uint8Array(4);
const NO_TLS = new Uint8Array(TLS_BYTES);

/**
 * Writes as much of an image as a stream of `revision` can hold; `heldBy` says what that is. The sink is neither committed nor aborted.
 *
 * @returns  the memory that was written, with page tables that point into the stream
 * @throws {FormatError} `CANNOT_HOLD`, `BAD_VALUE`, and what reading the contents throws
 * Source: spec/cr-stream.md 5 and 16.4.
 */
export async function writeCr(
  given: Image,
  sink: ByteSink,
  revision: CrRevision,
  options: CopyOptions = {},
): Promise<readonly MappedSpace[]> {
  const { image } = heldBy(given, revision);
  const tasks = image.tasks.flatMap(splitThreads);
  if (tasks.length === 0)
    throw new FormatError('CANNOT_HOLD', { what: `${revision.name} holds no image without tasks` });
  const writer = new RecordWriter(new BufferedWriter(sink, options), revision);
  writeHead(writer, image);
  if (revision.types.TREE !== undefined) writeTree(writer, tasks);
  const objrefs = new Map<OpenFile, number>();
  for (const [i, task] of tasks.entries()) await writeTask(writer, image, task, objrefs, `task[${String(i)}]`);
  // all contents are read: how long processes stood still for that is one of the facts
  await given.release?.();
  await writeCapture(writer, given);
  writer.struct('TAIL', 0, { magic: TAIL_MAGIC });
  await writer.out.flush();
  return writer.places.spacesOf(image);
}

function writeHead(writer: RecordWriter, { header, parent }: Image): void {
  const { kernel, uname, cpu } = header;
  writer.struct('HEAD', 0, {
    magic: HEAD_MAGIC,
    ...kernel,
    rev: writer.revision.headRevs[0],
    time: header.timeSeconds,
    flags: HEAD_FLAGS.CKPT,
    release: fixedText(uname.release, UTS_BYTES),
    version: fixedText(uname.version, UTS_BYTES),
    machine: fixedText(uname.machine, UTS_BYTES),
  });
  writeParent(writer, parent);
  if (writer.revision.types.HEAD_ARCH === undefined) return;
  writer.struct('HEAD_ARCH', 0, {
    has_fxsr: Number(cpu.hasFxsr),
    has_xsave: Number(cpu.hasXsave),
    xstate_size: cpu.xstateBytes,
  });
}

function writeTree(writer: RecordWriter, tasks: readonly Task[]): void {
  writer.struct('TREE', 0, { tasks_nr: tasks.length });
  const entries = new Uint8Array(tasks.length * PID_ENTRY.size);
  tasks.forEach(({ pid, tgid, ppid }, i) => {
    const entry = { vpid: pid, vtgid: tgid, vppid: ppid, pad: NO_PADDING };
    encodeLayoutInto(PID_ENTRY, entry, entries, i * PID_ENTRY.size);
  });
  writer.out.add(entries);
}

async function writeTask(
  writer: RecordWriter,
  image: Image,
  task: Task,
  objrefs: Map<OpenFile, number>,
  path: string,
): Promise<void> {
  const { pid, exitState, exitCode, exitSignal } = task;
  const [{ state, comm }] = task.threads;
  const exit = { exit_state: exitState, exit_code: exitCode, exit_signal: exitSignal };
  writer.struct('TASK', 0, { state, ...exit, task_comm_len: TASK_COMM_BYTES });
  writer.text('STRING', commBytes(comm));
  await writeMm(writer, image, task, path);
  writeFiles(writer, task, objrefs, path);
  writeThread(writer, image, task.threads[0], pid);
  await writer.out.settle();
}

async function writeMm(writer: RecordWriter, image: Image, { mm = NO_MEMORY, pid }: Task, path: string): Promise<void> {
  writer.struct('MM', pid, { ...addressesOf(mm), objref: 0, map_count: mm.vmas.length });
  for (const [i, vma] of mm.vmas.entries()) {
    writeVma(writer, vma, `${path}.mm.vma[${String(i)}]`);
    writeElsewhere(writer, { parentPages: vma.parentPages, uncaptured: vma.uncaptured });
    await writer.out.settle();
    await writeChunks(writer, vma.pages, image.contents, image.format.wordBytes);
  }
  writer.struct('MM_CONTEXT', 0, { ldt_entry_size: LDT_ENTRY_BYTES, nldt: mm.ldt.length / LDT_ENTRY_BYTES });
  writer.out.add(mm.ldt);
}

function writeVma(writer: RecordWriter, vma: Vma, path: string): void {
  const { vm_start, vm_end, vm_page_prot, vm_flags, vm_pgoff, name } = vma;
  const vma_type = name === undefined ? VMA_TYPES.ANON : VMA_TYPES.FILE;
  writer.struct('VMA', 0, { vma_type, vm_start, vm_end, vm_page_prot, vm_flags, vm_pgoff });
  if (name !== undefined) writer.text('FNAME', nameBytes(name, path));
}

function writeFiles(writer: RecordWriter, { files, pid }: Task, objrefs: Map<OpenFile, number>, path: string): void {
  writer.struct('FILES', pid, { objref: 0, nfds: files.length });
  for (const { fd, isCloseOnExec, file } of files) {
    const known = objrefs.get(file);
    const objref = known ?? objrefs.size + 1;
    writer.struct('FD_ENT', 0, { objref, fd, close_on_exec: Number(isCloseOnExec) });
    if (known !== undefined) continue;
    objrefs.set(file, objref);
    const { type, name, f_mode, f_flags, f_pos, f_version } = file;
    writer.struct('FD_DATA', objref, { fd_type: FD_TYPES[type] ?? FD_TYPES.other, f_mode, f_flags, f_pos, f_version });
    writer.text('FNAME', nameBytes(name, `${path}.files.fd[${String(fd)}]`));
  }
}

function writeThread(writer: RecordWriter, image: Image, thread: Thread, pid: number): void {
  const { tls, xstate, registers, usesDebug } = thread;
  const { header, format } = image;
  writer.struct('THREAD', pid, {
    gdt_entry_tls_entries: TLS_ENTRIES,
    sizeof_tls_array: TLS_BYTES,
    ntls: countTls(tls),
  });
  if (countTls(tls) > 0) writer.out.add(tls);
  else if (writer.revision.tls === 'always') writer.out.add(NO_TLS);
  const hasState = xstate.length > 0;
  const lengths = fpuLengths(writer.revision);
  writer.struct('CPU', pid, {
    ...cpuFieldsOf(registers, format.wordBytes),
    uses_debug: usesDebug,
    used_math: Number(hasState),
    has_fxsr: Number(header.cpu.hasFxsr),
    fpu: hasState ? xstate : new Uint8Array(header.cpu.xstateBytes),
  });
  if (!lengths) writer.out.add(xstate);
}

/** Descriptors that are not all zero. */
function countTls(tls: Uint8Array): number {
  let count = 0;
  for (let i = 0; i < tls.length; i += TLS_BYTES / TLS_ENTRIES) {
    if (tls.subarray(i, i + TLS_BYTES / TLS_ENTRIES).some((byte) => byte !== 0)) count++;
  }
  return count;
}
