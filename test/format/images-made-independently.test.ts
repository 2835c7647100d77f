import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { convertImage } from '../../src/convert/convert.js';
import { decodeRecords } from '../../src/convert/decode.js';
import { encodeRecords } from '../../src/convert/encode.js';
import { openFile } from '../../src/format/bytes/file.js';
import { MemorySink, MemorySource } from '../../src/format/bytes/memory.js';
import { encodeText } from '../../src/format/bytes/text.js';
import { REVISIONS as CKPT_REVISIONS } from '../../src/format/ckpt/tables/revision.js';
import { REVISIONS as CR_REVISIONS } from '../../src/format/cr/tables/revision.js';
import type { FileType, Image, Task, Vma } from '../../src/format/model/image.js';
import { PAGE_BYTES, vaddrOf } from '../../src/format/model/page.js';
import { readImage, readRecords, reencode } from '../../src/format/registry.js';
import { verifyImage } from '../../src/inspect/verify.js';

type Text = string | { readonly hex: string };
/** Address, place in the file, digest. */
type Page = readonly [number, number, string];

interface MadeVma {
  readonly start: number;
  readonly end: number;
  readonly prot: number | string;
  readonly flags: number;
  readonly pgoff: number;
  readonly file: Text | null;
  readonly pages: readonly Page[];
}

interface MadeTask {
  readonly pid: number;
  readonly comm: Text;
  readonly zombie: boolean;
  /** The writer gave up in the middle of it. */
  readonly partial?: boolean;
  readonly mm: number | null;
  readonly fds: readonly { readonly fd: number; readonly file: Text | null }[];
}

/** What the maker says of an image. */
interface Made {
  readonly groups: readonly string[];
  readonly word: number;
  readonly complete: boolean;
  readonly trailing: number;
  readonly records: readonly { offset: number; length: number; type: number | null; name: string }[];
  readonly tasks: readonly MadeTask[];
  readonly mms: readonly { readonly nldt: number; readonly vmas: readonly MadeVma[] }[];
}

const MAKER = path.join(import.meta.dirname, '../support/make_images.py');
const FOLDER = fs.mkdtempSync(path.join(os.tmpdir(), 'crit-made-'));
execFileSync('python3', [MAKER, FOLDER], { stdio: 'inherit' });
const NAMES = JSON.parse(fs.readFileSync(path.join(FOLDER, 'index.json'), 'utf8')) as string[];

afterAll(() => {
  fs.rmSync(FOLDER, { recursive: true, force: true });
});

const imagePath = (name: string): string => path.join(FOLDER, `${name}.img`);
const made = (name: string): Made => JSON.parse(fs.readFileSync(path.join(FOLDER, `${name}.json`), 'utf8')) as Made;
const GROUPS = new Map([...CR_REVISIONS, ...CKPT_REVISIONS].map(({ covers, group }) => [covers, group]));

function textOf(text: string): Text {
  return text.isWellFormed() ? text : { hex: Buffer.from(encodeText(text)).toString('hex') };
}

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const LDT_ENTRY_BYTES = 8;
const ZERO = Buffer.alloc(PAGE_BYTES);
const ZERO_SHA = sha256(ZERO);

async function pagesOf({ pages }: Vma, { contents }: Image): Promise<Page[]> {
  const found: Page[] = [];
  for (let run = 0; run < pages.count; run++) {
    const bytes = Buffer.alloc((pages.nrPages[run] ?? 0) * PAGE_BYTES);
    const offset = pages.offset[run] ?? 0;
    await contents.read(offset, bytes);
    for (let at = 0; at < bytes.length; at += PAGE_BYTES) {
      const page = bytes.subarray(at, at + PAGE_BYTES);
      const vaddr = Number(vaddrOf((pages.vpn[run] ?? 0) + at / PAGE_BYTES));
      found.push([vaddr, offset + at, page.equals(ZERO) ? ZERO_SHA : sha256(page)]);
    }
  }
  return found;
}

async function vmaOf(vma: Vma, image: Image): Promise<MadeVma> {
  const { vm_start, vm_end, vm_page_prot, vm_flags, vm_pgoff, name, kind } = vma;
  const prot = vm_page_prot > 2n ** 53n ? String(vm_page_prot) : Number(vm_page_prot);
  const [start, end, flags, pgoff] = [vm_start, vm_end, vm_flags, vm_pgoff].map(Number) as [
    number,
    number,
    number,
    number,
  ];
  // a segment has no file in the stream: it is called by its key
  const file = name === undefined || kind === 'sysv' ? null : textOf(name);
  return { start, end, prot, flags, pgoff, file, pages: await pagesOf(vma, image) };
}

const WITH_PATH: readonly FileType[] = ['regular', 'directory', 'symlink', 'fifo', 'other'];

/** What of a described mapping a model can be asked for. */
function compared({ start, end, prot, flags, pgoff, file, pages }: MadeVma): MadeVma {
  return { start, end, prot, flags, pgoff, file, pages };
}

interface Member {
  readonly pid: number;
  readonly comm: Text;
  readonly task: Task;
}

/** Threads of a process are tasks of their own to the maker. */
function membersOf({ tasks }: Image): Member[] {
  return tasks.flatMap((task) => task.threads.map(({ tid, comm }) => ({ pid: tid, comm: textOf(comm), task })));
}

/** What an image says of its tasks, in the words of the maker. */
function tasksOf(image: Image): Pick<MadeTask, 'pid' | 'comm' | 'fds'>[] {
  return membersOf(image).map(({ pid, comm, task }) => {
    const fds = task.files.map(({ fd, file }) => ({
      fd,
      file: WITH_PATH.includes(file.type) ? textOf(file.name) : null,
    }));
    return { pid, comm, fds };
  });
}

async function recordsOf(name: string): Promise<string[]> {
  const found: string[] = [];
  const source = openFile(imagePath(name));
  for await (const { offset, length, type, name: record } of readRecords(source))
    found.push(`${String(offset)}+${String(length)} ${String(type)} ${record}`);
  await source.close();
  return found;
}

/** Pages by address and contents, for each mapping of each task. */
async function contentsOf(image: Image): Promise<unknown[]> {
  const found = [];
  for (const { pid, mm } of image.tasks)
    for (const vma of mm?.vmas ?? []) {
      const pages = await pagesOf(vma, image);
      found.push([pid, vma.vm_start, pages.map(([vaddr, , digest]) => [vaddr, digest])]);
    }
  return found;
}

async function converted(image: Image, to: string): Promise<Image> {
  const sink = new MemorySink();
  await convertImage(image, sink, { to });
  return readImage(new MemorySource(sink.bytes()));
}

describe.each(NAMES)('%s', (name) => {
  const described = made(name);
  const whole = described.tasks.filter(({ partial }) => partial !== true);
  const spaces = [...new Set(whole.flatMap(({ mm }) => mm ?? []))].map((mm) => described.mms[mm]);

  test('is recognised, and has the records that were made', async () => {
    const image = await readImage(openFile(imagePath(name)));
    const { format, notes } = image;
    expect(described.groups).toContain(GROUPS.get(format.covers));
    expect(format.wordBytes).toBe(described.word);
    expect(notes.some(({ code }) => code === 'ENDED_BY_WRITER')).toBe(!described.complete);
    expect(notes.some(({ code }) => code === 'TRAILING_BYTES')).toBe(described.trailing > 0);
    await image.close();
    const wanted = described.records.map((r) => `${String(r.offset)}+${String(r.length)} ${String(r.type)} ${r.name}`);
    expect(await recordsOf(name)).toEqual(wanted);
  });

  test('has the tasks, mappings and pages that were made', async () => {
    const image = await readImage(openFile(imagePath(name)));
    expect(tasksOf(image)).toEqual(whole.map(({ pid, comm, fds }) => ({ pid, comm, fds })));
    expect(membersOf(image).map(({ task }) => task.mm === undefined)).toEqual(whole.map(({ zombie }) => zombie));
    const found = [...new Set(image.tasks.flatMap(({ mm }) => mm ?? []))];
    expect(found.map(({ ldt }) => ldt.length / LDT_ENTRY_BYTES)).toEqual(spaces.map((mm) => mm?.nldt));
    for (const [at, mm] of spaces.entries()) {
      const vmas = [];
      for (const vma of found[at]?.vmas ?? []) vmas.push(await vmaOf(vma, image));
      expect(vmas).toEqual(mm?.vmas.map(compared));
    }
    await image.close();
  });

  test('is sound, and comes back the same', async () => {
    const bytes = fs.readFileSync(imagePath(name));
    const { findings } = await verifyImage(name, (options) => readImage(new MemorySource(bytes), options));
    expect(findings).toEqual([]);
    const again = new MemorySink();
    await reencode(new MemorySource(bytes), again);
    expect(Buffer.compare(again.bytes(), bytes)).toBe(0);
    const encoded = new MemorySink();
    await encodeRecords(await decodeRecords(new MemorySource(bytes), { pages: 'inline' }), encoded);
    expect(Buffer.compare(encoded.bytes(), bytes)).toBe(0);
  });

  test('keeps its pages as v11 and v23', async () => {
    const image = await readImage(openFile(imagePath(name)));
    const wanted = await contentsOf(image);
    for (const to of ['v11', 'v23']) {
      if (whole.length > 0) expect(await contentsOf(await converted(image, to))).toEqual(wanted);
      else await expect(converted(image, to)).rejects.toMatchObject({ code: 'CANNOT_HOLD' });
    }
    await image.close();
  });
});

test('what of a task was written before its writer gave up is there for who asks for it', async () => {
  for (const name of NAMES.filter((candidate) => !made(candidate).complete)) {
    const image = await readImage(openFile(imagePath(name)), { onFault: () => undefined });
    expect(membersOf(image).map(({ pid, comm }) => ({ pid, comm }))).toEqual(
      made(name).tasks.map(({ pid, comm }) => ({ pid, comm })),
    );
    await image.close();
  }
});
