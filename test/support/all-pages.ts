import { createHash } from 'node:crypto';
import { fill } from '../../src/format/bytes/source.js';
import type { Image } from '../../src/format/model/image.js';
import { PAGE_BYTES } from '../../src/format/model/page.js';
import type { PageRuns } from '../../src/format/model/page-runs.js';
import { sharedMemoryIn } from '../../src/inspect/shared-memory.js';
import { layerFile } from '../../src/open/chain-file.js';
import { openChain } from '../../src/open/chain.js';

/** SHA-256 of every page of an image by what names it: process and page number, or object and page number. */
export type AllPages = ReadonlyMap<string, string>;

async function addRuns(pages: Map<string, string>, name: string, { contents }: Image, runs: PageRuns): Promise<void> {
  const page = new Uint8Array(PAGE_BYTES);
  for (let run = 0; run < runs.count; run++)
    for (let i = 0; i < (runs.nrPages[run] ?? 0); i++) {
      const at = (runs.offset[run] ?? 0) + i * PAGE_BYTES;
      if ((await fill(contents, at, page)) !== PAGE_BYTES) throw new Error(`page at ${at} is not there`);
      const vpn = (runs.vpn[run] ?? 0) + i;
      pages.set(`${name} ${vpn.toString(16)}`, createHash('sha256').update(page).digest('hex'));
    }
}

/** What is in an image, or to be had through its chain. */
export async function allPagesIn(file: string): Promise<AllPages> {
  const image = await openChain(layerFile(file));
  try {
    const pages = new Map<string, string>();
    for (const { pid, mm } of image.tasks)
      for (const vma of mm?.vmas ?? []) if (!vma.shared) await addRuns(pages, `process ${pid}`, image, vma.pages);
    let object = 0;
    for (const [memory, users] of sharedMemoryIn(image)) {
      await addRuns(pages, `object ${object}`, image, memory.pages);
      const shown = users.map(({ pid, vma }) => `${pid} ${vma.vm_start.toString(16)}`);
      pages.set(`object ${object++} is shown by`, shown.join(', '));
    }
    return pages;
  } finally {
    await image.close();
  }
}

/** Names of pages that differ, or that only one side has. */
export function differences(a: AllPages, b: AllPages): string[] {
  return [...new Set([...a.keys(), ...b.keys()])].filter((name) => a.get(name) !== b.get(name));
}
