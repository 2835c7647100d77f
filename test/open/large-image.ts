import { MemorySink, MemorySource } from '../../src/format/bytes/memory.js';
import { convertImage } from '../../src/convert/convert.js';
import type { Image, Vma } from '../../src/format/model/image.js';
import { PAGE_BYTES, vaddrOf } from '../../src/format/model/page.js';
import { PageRunsBuilder } from '../../src/format/model/page-runs.js';
import { readImage } from '../../src/format/registry.js';
import { goldenBytes } from '../support/golden.js';

export const FIRST_VPN = 0x7000_0000;

/** What the page says of itself in its first word. */
export function stampOf(vpn: number): number {
  return (vpn ^ 0x5a5a_5a5a) >>> 0;
}

/** An image whose one task has `runs` runs of one page, every other page, each stamped; as bytes with an index. */
export async function imageOfManyRuns(runs: number): Promise<Uint8Array> {
  const base = await readImage(new MemorySource(goldenBytes('tiny-v11')));
  const contents = new Uint8Array(runs * PAGE_BYTES);
  const words = new DataView(contents.buffer);
  const builder = new PageRunsBuilder();
  for (let i = 0; i < runs; i++) {
    builder.add(FIRST_VPN + 2 * i, 1, i * PAGE_BYTES);
    words.setUint32(i * PAGE_BYTES, stampOf(FIRST_VPN + 2 * i), true);
  }
  const vma: Vma = {
    ...{ vm_start: vaddrOf(FIRST_VPN), vm_end: vaddrOf(FIRST_VPN + 2 * runs), vm_page_prot: 0n, vm_flags: 3n },
    ...{ vm_pgoff: 0n, kind: 'anon', name: undefined, pages: builder.take() },
  };
  const [task] = base.tasks;
  const mm = task?.mm;
  if (!task || !mm) throw new TypeError('the golden image has a task with memory');
  const image: Image = {
    ...base,
    tasks: [{ ...task, mm: { ...mm, vmas: [vma] } }],
    contents: new MemorySource(contents),
  };
  const sink = new MemorySink();
  await convertImage(image, sink, { to: 'v11' });
  return sink.bytes();
}
