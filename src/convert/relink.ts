import type { ByteSink } from '../format/bytes/sink.js';
import type { ByteSource } from '../format/bytes/source.js';
import { unclosed } from '../format/bytes/unclosed.js';
import { BufferedWriter, type CopyOptions } from '../format/bytes/writer.js';
import { UsageError } from '../format/errors.js';
import { findIndex } from '../format/image-index/read-index.js';
import { EXTENSIONS } from '../format/linux-cr/extension.js';
import { encodeParent } from '../format/linux-cr/extension-write.js';
import type { AddressSpace, Image, ParentLink, Task } from '../format/model/image.js';
import { memoryMapOf, type MappedSpace } from '../format/model/memory-map.js';
import { documentsOf, readImage, readRecords } from '../format/registry.js';
import { IndexedSink } from './indexed-sink.js';

/**
 * Writes an incremental image with another link to its parent, all else byte for byte as it was, and an index that fits. The sink
 * is committed when all is well, else aborted; the source stays open.
 *
 * @param source  must be seekable
 * @throws {UsageError} `BAD_ARGUMENT` for an image without a parent; {FormatError} as `readImage`, `CANNOT_HOLD` for the path
 */
export async function relinkImage(
  source: ByteSource,
  link: ParentLink,
  sink: ByteSink,
  options: CopyOptions = {},
): Promise<void> {
  try {
    const image = await readImage(unclosed(source), { signal: options.signal });
    const place = image.parent && (await parentRecord(source));
    if (!place) throw new UsageError('BAD_ARGUMENT', { what: `${source.name} has no parent` });
    const indexed = await IndexedSink.open(sink);
    const out = new BufferedWriter(indexed, options);
    await out.copyContents(source, 0, place.offset);
    const payload = encodeParent(link);
    const record = { name: 'PARENT', type: EXTENSIONS.PARENT, ...(image.format.family === 'cr' && { parent: 0 }) };
    documentsOf(image.format.family).addHeader(out, record, payload.length, { offset: place.offset, path: 'parent' });
    out.add(payload);
    const end = (await findIndex(source))?.offset ?? source.size;
    const behind = place.offset + place.length;
    await out.copyContents(source, behind, end - behind);
    await out.flush();
    const spaces = movedSpaces(image, indexed.position - end);
    await indexed.writeIndex({ ...(await indexed.takeFacts()), format: image.format, spaces, parent: link });
    await sink.commit();
  } catch (error) {
    await sink.abort();
    throw error;
  }
}

async function parentRecord(
  source: ByteSource,
): Promise<{ readonly offset: number; readonly length: number } | undefined> {
  for await (const { type, offset, length } of readRecords(source))
    if (type === EXTENSIONS.PARENT) return { offset, length };
  return undefined;
}

/** The memory of an image whose contents lie `by` bytes further on. */
function movedSpaces(image: Image, by: number): readonly MappedSpace[] {
  const moved = new Map<AddressSpace, AddressSpace>();
  const move = (mm: AddressSpace): AddressSpace => {
    const vmas = mm.vmas.map((vma) => {
      const { pages } = vma;
      return { ...vma, pages: { ...pages, offset: pages.offset.map((offset) => offset + by) } };
    });
    const known = moved.get(mm) ?? { ...mm, vmas };
    moved.set(mm, known);
    return known;
  };
  const tasks = image.tasks.map((task): Task => ({ ...task, mm: task.mm && move(task.mm) }));
  return memoryMapOf({ ...image, tasks }).spaces;
}
