import { numberIn } from './fields.js';
import { DEFERRED } from './flat-section.js';
import { walkFile, walkFlat } from './flat-walk.js';
import { openObject } from './objref-walk.js';
import type { FileTableParts, TaskParts } from './parts.js';
import type { RecordReader, Step } from './record-reader.js';
import { Resumption, recover } from './resync.js';
import type { WalkContext } from './walk-context.js';

const FD_MEMORY_BYTES = 512;

/** `obj(FILE_TABLE)`, section = FILE_TABLE , { [ obj(FILE) ] , FILE_DESC } , { deferred }. */
export function* walkFileTable(
  reader: RecordReader,
  task: TaskParts,
  path: string,
  context: WalkContext,
): Generator<Step, void> {
  if ((yield* reader.peekObject()) !== 'FILE_TABLE') return;
  const { id } = yield* openObject(reader, path);
  const table: FileTableParts = { id, descriptors: [] };
  context.parts.fileTables.set(id, table);
  task.fileTable = table;
  const head = yield* reader.record('FILE_TABLE', path);
  const count = numberIn(head.fields, 'fdt_nfds');
  if (count < 0) throw reader.badField(head, 'fdt_nfds', '0 or more', count);
  for (let i = 0; i < count; i++) {
    const isLast = yield* walkOneDescriptor(reader, `${path}.fd[${String(i)}]`, table, context);
    if (isLast) break;
  }
  const deferred = yield* walkFlat(reader, `${path}.deferred`, DEFERRED, context);
  if (deferred.length > 0) task.sections.files = deferred;
  reader.objects.close(id);
}

/** Reads one descriptor; behind damage the next one that can be read. @throws {Resumption} where there is none */
function* walkOneDescriptor(
  reader: RecordReader,
  path: string,
  table: FileTableParts,
  context: WalkContext,
): Generator<Step, boolean> {
  for (;;) {
    try {
      yield* walkDescriptor(reader, path, table, context);
      return false;
    } catch (error) {
      const anchor = yield* recover(reader, context, error, ['FILE_DESC', 'OBJREF FILE']);
      if (anchor === 'FILE_DESC' || anchor === 'OBJREF FILE') continue;
      reader.objects.close(table.id);
      throw new Resumption(anchor);
    }
  }
}

function* walkDescriptor(
  reader: RecordReader,
  path: string,
  table: FileTableParts,
  context: WalkContext,
): Generator<Step, void> {
  while ((yield* reader.peekObject()) === 'FILE') yield* walkFile(reader, `${path}.file`, context);
  const record = yield* reader.record('FILE_DESC', path);
  context.budget.take(FD_MEMORY_BYTES, 'the open files', reader.at(path));
  const id = numberIn(record.fields, 'fd_objref');
  if (id === 0) reader.fault(reader.badField(record, 'fd_objref', '1 or more', id));
  else table.descriptors.push(record.fields);
}
