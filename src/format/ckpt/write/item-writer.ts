import { writeElsewhere } from '../../linux-cr/extension-write.js';
import type { KernelItem } from '../../model/kernel-state.js';
import { writeChunks } from './chunk-writer.js';
import type { ObjectName } from '../tables/names.js';
import type { WriteContext } from './write-context.js';

/** Writes a list of records and objects, with the pages of SysV segments. */
export async function writeItems(context: WriteContext, items: readonly KernelItem[] = []): Promise<void> {
  const { writer, contents, files, memory } = context;
  let previous: string | undefined;
  for (const item of items) {
    if (item.kind === 'record') {
      writer.kernelRecord(item, previous);
      previous = item.name;
    } else if (item.kind === 'object') {
      // a name that is no object's has no number, which `object` refuses
      writer.object(item.object as ObjectName, item.id);
      if (item.object === 'FILE') files.add(item.id);
    } else {
      memory.add(item.memory);
      writeElsewhere(writer, item.memory);
      await writeChunks(writer, item.memory.pages, contents, 'indices');
    }
  }
}
