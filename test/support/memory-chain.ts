// Chains of images in memory: files by name, and what their links lead to.
import { convertImage } from '../../src/convert/convert.js';
import { MemorySink, MemorySource } from '../../src/format/bytes/memory.js';
import { IoError } from '../../src/format/errors.js';
import type { Image } from '../../src/format/model/image.js';
import { idOf, type LayerFile } from '../../src/open/chain.js';

export type Files = Map<string, Uint8Array>;

export function memoryFile(files: Files, name: string): LayerFile {
  const bytes = files.get(name);
  if (!bytes) throw new IoError('READ_FAILED', { what: `${name} is not there` });
  const source = new MemorySource(bytes, name);
  return { source, key: name, openSidecar: () => undefined, openParent: (link) => memoryFile(files, link) };
}

/** Writes layers, oldest first, as `0.img` and so on, each linked to the one before; returns the name of the last. */
export async function writeChain(layers: readonly Image[], revision: string, files: Files): Promise<string> {
  let last = '';
  for (const [i, layer] of layers.entries()) {
    const id = last === '' ? undefined : await idOf(memoryFile(files, last));
    const sink = new MemorySink();
    await convertImage(id ? { ...layer, parent: { path: last, id } } : layer, sink, { to: revision });
    last = `${String(i)}.img`;
    files.set(last, sink.bytes());
  }
  return last;
}
