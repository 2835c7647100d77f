import type { ByteSource } from '../format/bytes/source.js';
import { indexBehind, tasksTold } from '../format/image-index/told.js';
import type { Image, Vma } from '../format/model/image.js';
import type { MappedArea } from '../format/model/memory-map.js';

function told(vma: Vma, { kind, kindName }: MappedArea): Vma {
  return kindName === undefined ? vma : { ...vma, kind, kindName };
}

/** An image whose mappings are of the kinds that they were captured as, where the index behind its stream tells more than that. */
export async function withCapturedKinds(image: Image, source: ByteSource): Promise<Image> {
  const spaces = (await indexBehind(source))?.map.spaces ?? [];
  if (!spaces.some(({ areas }) => areas.some(({ kindName }) => kindName !== undefined))) return image;
  return { ...image, tasks: tasksTold(image, spaces, told), close: () => image.close() };
}
