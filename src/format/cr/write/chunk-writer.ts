import type { ByteSource } from '../../bytes/source.js';
import type { PageRuns } from '../../model/page-runs.js';
import { copyChunk } from '../../linux-cr/chunk-contents.js';
import { ChunkPlan, addressWords } from '../../linux-cr/chunk-plan.js';
import { chunkPages } from '../tables/pgarr.js';
import type { RecordWriter } from './record-writer.js';

/**
 * Writes the pages of one VMA: chunks of at most 2048 (x86_32: 4096) pages and the terminator.
 * Source: spec/cr-stream.md 5.8.
 */
export async function writeChunks(
  writer: RecordWriter,
  runs: PageRuns,
  contents: ByteSource,
  wordBytes: 4 | 8,
): Promise<void> {
  const plan = new ChunkPlan(runs, chunkPages(wordBytes));
  while (plan.next()) {
    writer.struct('PGARR', 0, { nr_pages: BigInt(plan.totalPages) });
    writer.out.add(new Uint8Array(addressWords(plan, wordBytes).buffer));
    await copyChunk(writer.out, plan, contents, writer.places);
  }
  writer.places.finish(runs);
  writer.struct('PGARR', 0, { nr_pages: 0n });
  await writer.out.settle();
}
