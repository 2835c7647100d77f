// A ckpt image as a value that two of the same meaning share: object numbers become the order in which objects are met,
// what is shared becomes an index, pages become their contents.
import type { AddressSpace, FileDescriptor, Image, OpenFile, Task, Vma } from '../../src/format/model/image.js';
import { KERNEL_SECTIONS, type KernelFields, type KernelItem } from '../../src/format/model/kernel-state.js';
import { PAGE_BYTES } from '../../src/format/model/page.js';
import type { PageRuns } from '../../src/format/model/page-runs.js';
import type { SharedMemory } from '../../src/format/model/shared-memory.js';

const REFERENCE = /ref$/;
const LINK = /^(pipe|socket|tty):\[(\d+)\]$/;

function byName([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : 1;
}

class Comparison {
  readonly #image: Image;
  readonly #numbers = new Map<number, number>();
  readonly #objects = new Map<object, number>();

  constructor(image: Image) {
    this.#image = image;
  }

  number(id: number | undefined): number | undefined {
    if (id === undefined || id <= 0) return id;
    if (!this.#numbers.has(id)) this.#numbers.set(id, this.#numbers.size + 1);
    return this.#numbers.get(id);
  }

  /** The index of an object, and with the first sight of it what it is. */
  async once(object: object, describe: () => Promise<unknown>): Promise<unknown> {
    const known = this.#objects.get(object);
    if (known !== undefined) return { same: known };
    this.#objects.set(object, this.#objects.size);
    return { object: this.#objects.size - 1, is: await describe() };
  }

  async image(): Promise<unknown> {
    const tasks: unknown[] = [];
    for (const task of this.#image.tasks) tasks.push(await this.task(task));
    const { header, format } = this.#image;
    return { header, wordBytes: format.wordBytes, tasks };
  }

  async task({ mm, files, threads, ...ids }: Task): Promise<unknown> {
    const table = await this.once(files, () => this.table(files));
    const space = mm && (await this.once(mm, () => this.space(mm)));
    const all: unknown[] = [];
    for (const { kernel, ...thread } of threads) {
      const sections: Record<string, unknown> = {};
      for (const name of KERNEL_SECTIONS) {
        const items = kernel?.sections[name];
        if (items) sections[name] = await this.items(items);
      }
      all.push({ ...thread, kernel: kernel && { nestedPids: kernel.nestedPids, sections } });
    }
    return { ...ids, table, space, threads: all };
  }

  async table(files: readonly FileDescriptor[]): Promise<unknown> {
    const all: unknown[] = [];
    for (const { file, ...fd } of files) all.push({ ...fd, file: await this.file(file) });
    return all;
  }

  file(file: OpenFile): Promise<unknown> {
    return this.once(file, async () => {
      const { kernel, id, name, ...others } = file;
      const rest = { ...others, id: this.number(id) };
      const link = LINK.exec(name);
      const plain = link ? `${link[1] ?? ''}:[${String(this.number(Number(link[2])))}]` : name;
      if (!kernel) return { ...rest, name: plain };
      const before = await this.items(kernel.before);
      return {
        ...rest,
        name: plain,
        before,
        fields: this.fields(kernel.fields),
        after: await this.items(kernel.after),
      };
    });
  }

  async space({ vmas, id: _, exe, ...rest }: AddressSpace): Promise<unknown> {
    const first = exe && (await this.file(exe));
    const all: unknown[] = [];
    for (const vma of vmas) all.push(await this.vma(vma));
    return { ...rest, exe: first, vmas: all };
  }

  async vma({ pages, shared, file, ...rest }: Vma): Promise<unknown> {
    const memory = shared && (await this.memory(shared));
    return { ...rest, shared: memory, file: file && (await this.file(file)), pages: await this.pages(pages) };
  }

  memory(memory: SharedMemory): Promise<unknown> {
    return this.once(memory, async () => ({
      ...memory,
      id: undefined,
      pages: await this.pages(memory.pages),
    }));
  }

  async items(items: readonly KernelItem[]): Promise<unknown> {
    const all: unknown[] = [];
    for (const item of items) {
      if (item.kind === 'object') all.push({ ...item, id: this.number(item.id) });
      else if (item.kind === 'memory') all.push(await this.memory(item.memory));
      else all.push({ ...item, fields: this.fields(item.fields), elements: item.elements.map((e) => this.fields(e)) });
    }
    return all;
  }

  fields(fields: KernelFields): KernelFields {
    return Object.fromEntries(
      Object.entries(fields)
        .sort(byName)
        .map(([name, value]) => {
          const isReference = typeof value === 'number' && REFERENCE.test(name);
          return [name, isReference ? (this.number(value) ?? 0) : value];
        }),
    );
  }

  async pages(runs: PageRuns): Promise<unknown> {
    const page = new Uint8Array(PAGE_BYTES);
    const pages: [number, string][] = [];
    for (let run = 0; run < runs.count; run++) {
      for (let i = 0; i < (runs.nrPages[run] ?? 0); i++) {
        await this.#image.contents.read((runs.offset[run] ?? 0) + i * PAGE_BYTES, page);
        pages.push([(runs.vpn[run] ?? 0) + i, Buffer.from(page).toString('base64')]);
      }
    }
    return pages;
  }
}

export function comparableCkpt(image: Image): Promise<unknown> {
  return new Comparison(image).image();
}
