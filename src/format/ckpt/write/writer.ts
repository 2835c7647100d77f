import type { ByteSink } from '../../bytes/sink.js';
import { fixedText } from '../../bytes/text.js';
import { BufferedWriter, type CopyOptions } from '../../bytes/writer.js';
import { FormatError } from '../../errors.js';
import { writeCapture, writeParent } from '../../linux-cr/extension-write.js';
import { HEAD_MAGIC, TAIL_MAGIC } from '../../linux-cr/magic.js';
import { TASK_COMM_BYTES } from '../../linux-cr/task.js';
import type { Image } from '../../model/image.js';
import type { MappedSpace } from '../../model/memory-map.js';
import { auxvWords } from './auxv-length.js';
import { usualContainer } from '../container.js';
import { heldByCkpt } from './held.js';
import { UTS_BYTES } from '../tables/namespaces.js';
import { writePids } from './pid-writer.js';
import { RecordWriter } from './record-writer.js';
import type { CkptRevision } from '../tables/revision.js';
import { NSIG, RLIMITS } from '../tables/signals.js';
import { surveyOf } from './sections.js';
import { writeTask } from './task-writer.js';
import type { WriteContext } from './write-context.js';

const ARCHITECTURES: Readonly<Record<4 | 8, string>> = { 4: 'X86_32', 8: 'X86_64' };

/** Constants of the kernel that HEADER tells, beside those of the auxiliary vector. Source: spec/cr-stream.md 8.1. */
const CONSTANTS = {
  task_comm_len: TASK_COMM_BYTES,
  signal_nsig: NSIG,
  uts_sysname_len: UTS_BYTES,
  uts_nodename_len: UTS_BYTES,
  uts_release_len: UTS_BYTES,
  uts_version_len: UTS_BYTES,
  uts_machine_len: UTS_BYTES,
  uts_domainname_len: UTS_BYTES,
  rlimit_nlimits: RLIMITS,
  n_tty_buf_size: 4096,
  tty_termios_ncc: 8,
  tty_termios_nccs: 19,
} as const;

/**
 * Writes as much of an image as a stream of `revision` can hold; `heldByCkpt` says what that is. The sink is neither
 * committed nor aborted.
 *
 * @returns  the memory that was written, with page tables that point into the stream
 * @throws {FormatError} `CANNOT_HOLD`, `BAD_VALUE`, and what reading the contents throws
 * Source: spec/cr-stream.md 7 to 10, 16.4.
 */
export async function writeCkpt(
  given: Image,
  sink: ByteSink,
  revision: CkptRevision,
  options: CopyOptions = {},
): Promise<readonly MappedSpace[]> {
  const { image, tableId } = heldByCkpt(given, revision);
  const { wordBytes } = image.format;
  const writer = new RecordWriter(new BufferedWriter(sink, options), revision, wordBytes);
  writeHeader(writer, image);
  writeParent(writer, image.parent);
  writeContainer(writer, image);
  writePids(writer, image.tasks);
  const context: WriteContext = {
    ...{ writer, contents: image.contents, tableId, segments: surveyOf(image, revision).segments },
    ...{ files: new Set(), tables: new Set(), spaces: new Set(), memory: new Set() },
  };
  for (const [i, task] of image.tasks.entries()) await writeTask(context, task, `task[${String(i)}]`);
  // all contents are read: how long processes stood still for that is one of the facts
  await given.release?.();
  await writeCapture(writer, given);
  writer.struct('TAIL', { magic: TAIL_MAGIC });
  await writer.out.flush();
  return writer.places.spacesOf(image);
}

function writeHeader(writer: RecordWriter, image: Image): void {
  const { revision, wordBytes } = writer;
  const { kernel, uname, cpu, timeSeconds, uflags = 0n } = image.header;
  const arch_id = revision.archIds[ARCHITECTURES[wordBytes]];
  if (arch_id === undefined)
    throw new FormatError('CANNOT_HOLD', { what: `${revision.name} knows no images of ${ARCHITECTURES[wordBytes]}` });
  const words = auxvWords(image);
  const wordSize = revision.auxv === 'longs' ? wordBytes : Uint8Array.BYTES_PER_ELEMENT;
  writer.struct('HEADER', {
    ...{ magic: HEAD_MAGIC, arch_id, ...kernel, rev: revision.headRevs[0], time: timeSeconds, uflags },
    ...{ ...CONSTANTS, at_vector_size: words, mm_saved_auxv_len: words * wordSize },
  });
  for (const text of [uname.release, uname.version, uname.machine]) writer.bytes('BUFFER', fixedText(text, UTS_BYTES));
  writer.struct('HEADER_ARCH', {
    has_fxsr: Number(cpu.hasFxsr),
    has_xsave: Number(cpu.hasXsave),
    xstate_size: cpu.xstateBytes,
  });
}

function writeContainer(writer: RecordWriter, { header }: Image): void {
  if (writer.revision.types.CONTAINER === undefined) return;
  writer.bytes('CONTAINER', new Uint8Array(0));
  if (!writer.revision.hasLsm) return;
  for (const item of header.container ?? usualContainer()) if (item.kind === 'record') writer.kernelRecord(item);
}
