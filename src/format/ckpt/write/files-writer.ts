import { nameBytes } from '../../linux-cr/path.js';
import type { FileDescriptor, OpenFile } from '../../model/image.js';
import type { KernelItem, KernelRecord } from '../../model/kernel-state.js';
import { fTypeOf, hasPath } from './file-types.js';
import { FILE_PIPE, F_TYPES } from '../tables/files.js';
import { writeItems } from './item-writer.js';
import type { WriteContext } from './write-context.js';

/** `[ obj(FILE) ]`: writes a file that was not met yet; returns its number. Source: spec/cr-stream.md 8.11, 10. */
export async function writeFile(context: WriteContext, file: OpenFile, path: string): Promise<number> {
  const { writer, files } = context;
  const id = file.id ?? 0;
  if (files.has(id)) return id;
  files.add(id);
  const { f_mode, f_flags, f_pos, f_version, kernel } = file;
  writer.object('FILE', id);
  await writeItems(context, kernel?.before);
  const f_type = F_TYPES[fTypeOf(file, writer.revision)];
  writer.struct('FILE', { ...kernel?.fields, f_type, f_mode, f_flags, f_pos, f_version });
  if (hasPath(file)) writer.bytes('FILE_NAME', nameBytes(file.name, path));
  for (const item of kernel?.after ?? []) writeContents(context, item);
  return id;
}

/** What is in a pipe: a record, and in v16 and v17 bytes behind one. */
function writeContents({ writer }: WriteContext, item: KernelItem): void {
  if (item.kind !== 'record') return;
  if (!writer.revision.hasHeaderlessPipe) writer.kernelRecord(item);
  else writeHeaderless(writer, item);
}

function writeHeaderless(writer: WriteContext['writer'], { payload }: KernelRecord): void {
  writer.header('FILE_PIPE', FILE_PIPE.size);
  writer.encode(FILE_PIPE, { pipe_len: payload.length });
  writer.out.add(payload);
}

/** `[ obj(FILE_TABLE) ]`; returns its number. `deferred` stands behind the descriptors. */
export async function writeFileTable(
  context: WriteContext,
  table: readonly FileDescriptor[],
  deferred: readonly KernelItem[] | undefined,
  path: string,
): Promise<number> {
  const { writer, tables } = context;
  const id = context.tableId(table);
  if (tables.has(table)) return id;
  tables.add(table);
  writer.object('FILE_TABLE', id);
  writer.struct('FILE_TABLE', { fdt_nfds: table.length });
  for (const { fd, isCloseOnExec, file } of table) {
    const fd_objref = await writeFile(context, file, `${path}.fd[${String(fd)}]`);
    writer.struct('FILE_DESC', { fd_objref, fd_descriptor: fd, fd_close_on_exec: Number(isCloseOnExec) });
    await writer.out.settle();
  }
  await writeItems(context, deferred);
  return id;
}
