import type { ByteSource } from '../bytes/source.js';
import type { BufferedWriter } from '../bytes/writer.js';
import { PAGE_BYTES } from '../model/page.js';
import type { ChunkPlan } from './chunk-plan.js';
import type { Places } from './places.js';

/** Copies the pages of a chunk, and notes where they came to lie. */
export async function copyChunk(
  out: BufferedWriter,
  chunk: ChunkPlan,
  contents: ByteSource,
  places: Places,
): Promise<void> {
  for (let run = 0; run < chunk.count; run++) {
    const nrPages = chunk.nrPages[run] ?? 0;
    places.add(chunk.vpn[run] ?? 0, nrPages, out.position);
    await out.copyContents(contents, chunk.offset[run] ?? 0, nrPages * PAGE_BYTES);
  }
}
