import { encodeRoot } from './encode-root.js';
import type { IndexRoot } from './root.js';

/**
 * The identity of an image: SHA-256 of the root of its index, which stands for every byte of the image by the digests in it.
 * Without when the image was written, which an index beside it knows, so that it is the same for one behind it.
 *
 * @param bytes  the root as it stands in the index
 * @returns  32 bytes; undefined where the index has no digests
 */
export async function imageIdOf(root: IndexRoot, bytes: Uint8Array): Promise<Uint8Array | undefined> {
  if (!root.chunks) return undefined;
  const { bytes: size, head, modifiedNs } = root.file;
  const plain = modifiedNs === undefined ? bytes : encodeRoot({ ...root, file: { bytes: size, head } });
  // a view of shared memory is refused, and this may be one
  return new Uint8Array(await globalThis.crypto.subtle.digest('SHA-256', Uint8Array.from(plain)));
}
