import type { ByteSource } from '../../bytes/source.js';
import { copyChunk } from '../../linux-cr/chunk-contents.js';
import { ChunkPlan, addressWords, indexWords } from '../../linux-cr/chunk-plan.js';
import { PAGE_BYTES } from '../../model/page.js';
import type { PageRuns } from '../../model/page-runs.js';
import { CHUNK_ARRAY_BYTES } from '../chunk-size.js';
import type { RecordWriter } from './record-writer.js';

/** What the array in front of the pages tells: where they are mapped, or their place in shared memory. */
export type PageNumbers = 'addresses' | 'indices';

/** Writes pages in chunks, and the PGARR that ends them. Source: spec/cr-stream.md 8.9. */
export async function writeChunks(
  writer: RecordWriter,
  runs: PageRuns,
  contents: ByteSource,
  numbers: PageNumbers,
): Promise<void> {
  const { wordBytes, out } = writer;
  const plan = new ChunkPlan(runs, CHUNK_ARRAY_BYTES / wordBytes);
  while (plan.next()) {
    const words = (numbers === 'addresses' ? addressWords : indexWords)(plan, wordBytes);
    writer.struct('PGARR', { nr_pages: BigInt(plan.totalPages) });
    writer.header('BUFFER', words.byteLength + plan.totalPages * PAGE_BYTES);
    out.add(new Uint8Array(words.buffer));
    await copyChunk(out, plan, contents, writer.places);
  }
  writer.places.finish(runs);
  writer.struct('PGARR', { nr_pages: 0n });
  await out.settle();
}
