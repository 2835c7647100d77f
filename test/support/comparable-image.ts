// An image as a value that two of the same meaning share, however their pages lie.
import { convertImage } from '../../src/convert/convert.js';
import { MemorySink } from '../../src/format/bytes/memory.js';
import type { AddressSpace, Image, Task } from '../../src/format/model/image.js';
import { PAGE_BYTES } from '../../src/format/model/page.js';
import type { PageRuns } from '../../src/format/model/page-runs.js';
import { writerOf } from '../../src/format/registry.js';

/** The memory of a task that has some. */
export function mmOf(task: Task | undefined): AddressSpace {
  if (!task?.mm) throw new Error('no task, or one without memory');
  return task.mm;
}

/** An image of a revision with its index behind it. */
export async function writeIndexed(image: Image, revision: string): Promise<Uint8Array> {
  const sink = new MemorySink();
  await convertImage(image, sink, { to: revision });
  return sink.bytes();
}

export async function writeAs(image: Image, revision: string): Promise<Uint8Array> {
  const sink = new MemorySink();
  await writerOf(revision).write(image, sink);
  return sink.bytes();
}

/** Every page with its contents: runs may be cut differently, what they say may not. */
async function pagesOf(runsOfVma: PageRuns, image: Image): Promise<[number, string][]> {
  const pages: [number, string][] = [];
  const page = new Uint8Array(PAGE_BYTES);
  for (let run = 0; run < runsOfVma.count; run++) {
    for (let i = 0; i < (runsOfVma.nrPages[run] ?? 0); i++) {
      await image.contents.read((runsOfVma.offset[run] ?? 0) + i * PAGE_BYTES, page);
      pages.push([(runsOfVma.vpn[run] ?? 0) + i, Buffer.from(page).toString('base64')]);
    }
  }
  return pages;
}

export async function comparable(image: Image): Promise<unknown> {
  const tasks = image.tasks.map(async (task: Task) => {
    const pages = await Promise.all((task.mm?.vmas ?? []).map((vma) => pagesOf(vma.pages, image)));
    const shared = task.files.map(({ file }) => task.files.findIndex((other) => other.file === file));
    return {
      ...task,
      mm: task.mm && { ...task.mm, vmas: task.mm.vmas.map(({ pages: _, ...vma }) => vma) },
      pages,
      shared,
    };
  });
  return { header: image.header, wordBytes: image.format.wordBytes, tasks: await Promise.all(tasks) };
}
