import type { ByteSource } from '../bytes/source.js';
import { FormatError } from '../errors.js';
import type { AddressSpace, Image, Vma } from '../model/image.js';
import type { MappedArea, MappedSpace } from '../model/memory-map.js';
import { readIndex, type StoredIndex } from './read-index.js';

/** The index behind a stream; undefined where there is none, and for one that is damaged, which is for verify to tell. */
export async function indexBehind(source: ByteSource): Promise<StoredIndex | undefined> {
  if (!source.isSeekable) return undefined;
  try {
    return await readIndex(source);
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    return undefined;
  }
}

/** The tasks with what an index tells of each of their mappings. */
export function tasksTold(
  { tasks }: Image,
  spaces: readonly MappedSpace[],
  told: (vma: Vma, area: MappedArea) => Vma,
): Image['tasks'] {
  const all = new Map<AddressSpace, AddressSpace>();
  for (const { mm } of tasks) {
    if (!mm || all.has(mm)) continue;
    const areas = spaces[all.size]?.areas ?? [];
    all.set(mm, { ...mm, vmas: mm.vmas.map((vma, i) => toldIfSame(vma, areas[i], told)) });
  }
  return tasks.map((task) => ({ ...task, mm: task.mm && all.get(task.mm) }));
}

function toldIfSame(vma: Vma, area: MappedArea | undefined, told: (vma: Vma, area: MappedArea) => Vma): Vma {
  const isSame = area?.vm_start === vma.vm_start && area.vm_end === vma.vm_end;
  return isSame ? told(vma, area) : vma;
}

/**
 * An image with what was not captured, and how it was taken. Streams that kernels could read have no room for that: the index
 * tells it. Of an incremental image the stream itself does.
 */
export async function withToldFacts(image: Image, source: ByteSource): Promise<Image> {
  if (image.parent) return image;
  const index = await indexBehind(source);
  if (!index) return image;
  const { capture, map } = index;
  const isAnyTold = map.spaces.some(({ areas }) => areas.some(({ uncaptured }) => uncaptured));
  if (!capture && !isAnyTold) return image;
  const told = (vma: Vma, { uncaptured }: MappedArea): Vma => (uncaptured ? { ...vma, uncaptured } : vma);
  const tasks = isAnyTold ? tasksTold(image, map.spaces, told) : image.tasks;
  return { ...image, tasks, ...(capture && { capture }), close: () => image.close() };
}
