import type { ByteSource } from '../../src/format/bytes/source.js';
import { readExactly } from '../../src/format/bytes/source.js';
import type { Image, Task } from '../../src/format/model/image.js';
import { PAGE_BYTES } from '../../src/format/model/page.js';
import type { PageRuns } from '../../src/format/model/page-runs.js';

/** Contents by page number. */
export type Pages = ReadonlyMap<number, Buffer>;

async function addRuns(pages: Map<number, Buffer>, contents: ByteSource, runs: PageRuns): Promise<void> {
  for (let run = 0; run < runs.count; run++)
    for (let i = 0; i < (runs.nrPages[run] ?? 0); i++) {
      const page = Buffer.alloc(PAGE_BYTES);
      await readExactly(contents, (runs.offset[run] ?? 0) + i * PAGE_BYTES, page);
      pages.set((runs.vpn[run] ?? 0) + i, page);
    }
}

/** All pages of a task: what it has itself, and from the parent's what it leaves to that. One page at a time, slowly. */
export async function pagesOf({ contents }: Image, task: Task | undefined, parent?: Pages): Promise<Pages> {
  const pages = new Map<number, Buffer>();
  for (const vma of task?.mm?.vmas ?? []) {
    await addRuns(pages, contents, vma.pages);
    const left = vma.parentPages;
    for (let i = 0; left && i < left.count; i++)
      for (let vpn = left.vpn[i] ?? 0; vpn < (left.vpn[i] ?? 0) + (left.nrPages[i] ?? 0); vpn++) {
        const page = parent?.get(vpn);
        if (page === undefined) throw new Error(`page ${vpn.toString(16)} is left to a parent that does not have it`);
        if (pages.has(vpn)) throw new Error(`page ${vpn.toString(16)} is own and left to the parent`);
        pages.set(vpn, page);
      }
  }
  return pages;
}

/** Page numbers that differ, or that only one side has. */
export function differing(a: Pages, b: Pages): number[] {
  const all = new Set([...a.keys(), ...b.keys()]);
  return [...all].filter((vpn) => !(a.get(vpn) ?? Buffer.alloc(0)).equals(b.get(vpn) ?? Buffer.alloc(0)));
}
