import { FormatError } from '../format/errors.js';
import { readIndex } from '../format/image-index/read-index.js';
import type { AddressSpace, Image, Vma } from '../format/model/image.js';
import type { MappedArea, MappedSpace } from '../format/model/memory-map.js';

function told(vma: Vma, area: MappedArea | undefined): Vma {
  const isSame = area?.vm_start === vma.vm_start && area.vm_end === vma.vm_end;
  if (!isSame || area.kindName === undefined) return vma;
  const { kind, kindName } = area;
  return { ...vma, kind, kindName };
}

/** The spaces of an image in the order in which an index has them. */
function toldSpaces({ tasks }: Image, spaces: readonly MappedSpace[]): Map<AddressSpace, AddressSpace> {
  const all = new Map<AddressSpace, AddressSpace>();
  for (const { mm } of tasks) {
    if (!mm || all.has(mm)) continue;
    const areas = spaces[all.size]?.areas ?? [];
    all.set(mm, { ...mm, vmas: mm.vmas.map((vma, i) => told(vma, areas[i])) });
  }
  return all;
}

/** An image whose mappings are of the kinds that they were captured as, where the index behind it tells more than the stream. */
export async function withCapturedKinds(image: Image): Promise<Image> {
  const { contents, format } = image;
  if (format.family === 'process' || !contents.isSeekable) return image;
  const index = await readIndex(contents).catch((error: unknown) => {
    // a damaged index is for verify to tell
    if (error instanceof FormatError) return undefined;
    throw error;
  });
  const spaces = index?.map.spaces ?? [];
  if (!spaces.some(({ areas }) => areas.some(({ kindName }) => kindName !== undefined))) return image;
  const all = toldSpaces(image, spaces);
  const tasks = image.tasks.map((task) => ({ ...task, mm: task.mm && all.get(task.mm) }));
  return { ...image, tasks, close: () => image.close() };
}
