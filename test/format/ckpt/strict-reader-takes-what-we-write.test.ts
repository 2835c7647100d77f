import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { MemorySource } from '../../../src/format/bytes/memory.js';
import { encodeText } from '../../../src/format/bytes/text.js';
import { WRITABLE } from '../../../src/format/ckpt/tables/revision.js';
import type { Image, Task, Thread, Vma } from '../../../src/format/model/image.js';
import { PAGE_BYTES, vaddrOf } from '../../../src/format/model/page.js';
import { readImage, writerOf } from '../../../src/format/registry.js';
import { anyImage, pool } from '../../support/arbitrary-image.js';
import { mmOf, writeAs } from '../../support/comparable-image.js';
import { GOLDEN, goldenBytes, goldenNames } from '../../support/golden.js';
import { scratchDirectory } from '../../support/scratch.js';
import { SEED, runs } from '../../support/seed.js';
import {
  type CkptImage,
  type CkptVma,
  type Integer,
  hashedPages,
  readCkptStrictly,
} from '../../support/strict-ckpt.js';

/** The x86_64 patches came with v19-rc1 (spec/cr-stream.md 7.6). */
const ONLY_X86_32 = ['v16', 'v18', 'v19-dev'];
const PIDS_PER_TASK = 0x10_0000;

/** What no kernel has: a process with the state of a dead one, r8 to r15 on x86_32. */
function possibleThread(thread: Thread, tid: number, wordBytes: 4 | 8): Thread {
  const has = (name: string): boolean => wordBytes === 8 || !/^r\d/.test(name);
  const registers = Object.fromEntries(Object.entries(thread.registers).filter(([name]) => has(name)));
  return { ...thread, tid, state: thread.state & 0xf, registers };
}

function possibleTask(task: Task, index: number, wordBytes: 4 | 8): Task {
  const pid = 1 + index * PIDS_PER_TASK + (task.pid % 0xf_0000);
  const [first, ...others] = task.threads;
  return {
    ...task,
    pid,
    tgid: pid,
    exitState: 0,
    mm: mmOf(task),
    threads: [
      possibleThread(first, pid, wordBytes),
      ...others.map((other, i) => possibleThread(other, pid + i + 1, wordBytes)),
    ],
  };
}

function possible(image: Image): Image {
  return { ...image, tasks: image.tasks.map((task, i) => possibleTask(task, i, image.format.wordBytes)) };
}

const poolHashes = Array.from({ length: pool.length / PAGE_BYTES }, (_, i) =>
  createHash('sha256')
    .update(pool.subarray(i * PAGE_BYTES, (i + 1) * PAGE_BYTES))
    .digest('hex'),
);

function pagesOf({ pages }: Vma): unknown[] {
  return Array.from({ length: pages.count }, (_, run) =>
    Array.from({ length: pages.nrPages[run] ?? 0 }, (_page, i) => [
      Number(vaddrOf((pages.vpn[run] ?? 0) + i)),
      poolHashes[(pages.offset[run] ?? 0) / PAGE_BYTES + i],
    ]),
  ).flat();
}

function textOrHex(text: string): unknown {
  return text.isWellFormed() ? text : { hex: Buffer.from(encodeText(text)).toString('hex') };
}

/** As the second reader says a number. */
function integer(value: bigint): Integer {
  return value > 1n << 53n ? String(value) : Number(value);
}

/** Mappings as they are found, or with no pages where the writer says that it leaves them out. */
function expectedVmas(task: Task, leftOut: (vma: number) => boolean): unknown[] {
  return mmOf(task).vmas.map((vma, i) => ({
    start: integer(vma.vm_start),
    end: integer(vma.vm_end),
    flags: integer(vma.vm_flags),
    prot: integer(vma.vm_page_prot),
    pgoff: integer(vma.vm_pgoff),
    pages: leftOut(i) ? [] : pagesOf(vma),
  }));
}

function foundVma(vma: CkptVma): unknown {
  const { start, end, flags, prot, pgoff } = vma;
  return { start, end, flags, prot, pgoff, pages: hashedPages(vma) };
}

function expected(image: Image, name: string): unknown {
  const losses = writerOf(name).held(image).losses;
  return image.tasks.flatMap((task, index) => {
    const leftOut = (vma: number): boolean =>
      losses.some(({ path: at, what }) => at === `task[${index}].mm.vma[${vma}]` && what.endsWith(' pages'));
    const vmas = expectedVmas(task, leftOut);
    const files = task.files.map(({ fd, isCloseOnExec, file }) => [fd, Number(isCloseOnExec), textOrHex(file.name)]);
    return task.threads.map(({ tid, comm }) => [tid, task.pid, task.ppid, comm, files, vmas]);
  });
}

function found({ tasks, mms }: CkptImage): unknown {
  return tasks.map(({ pid, tgid, ppid, comm, files, mm }) => [
    pid,
    tgid,
    ppid,
    comm,
    files.map(({ fd, closeOnExec, name }) => [fd, closeOnExec, name]),
    (mms[mm ?? -1]?.vmas ?? []).map(foundVma),
  ]);
}

/** Some images of either word size. */
function samples(): Image[] {
  const images = fc.sample(anyImage(5), { seed: SEED, ...runs(24) }).map(possible);
  const ofWord = (wordBytes: 4 | 8): Image[] => images.filter(({ format }) => format.wordBytes === wordBytes);
  return [...ofWord(4).slice(0, runs(3).numRuns), ...ofWord(8).slice(0, runs(3).numRuns)];
}

interface Written {
  readonly image: Image;
  readonly name: string;
  readonly file: string;
}

async function writeAll(images: readonly Image[], directory: string): Promise<Written[]> {
  const all: Written[] = [];
  for (const name of Object.keys(WRITABLE)) {
    for (const [i, image] of images.entries()) {
      if (image.format.wordBytes === 8 && ONLY_X86_32.includes(name)) continue;
      const file = path.join(directory, `${name}-${i}.img`);
      fs.writeFileSync(file, await writeAs(image, name));
      all.push({ image, name, file });
    }
  }
  return all;
}

test('the second reader takes what we write of any image as any revision, and finds its tasks and pages', async () => {
  const written = await writeAll(samples(), scratchDirectory());
  const read = await readCkptStrictly(written.map(({ file }) => file));
  for (const [i, { image, name, file }] of written.entries()) {
    const one = read[i];
    expect(one && found(one), `${path.basename(file)}, seed ${SEED}`).toEqual(expected(image, name));
    expect(one?.head.word).toBe(image.format.wordBytes);
  }
});

/** What an image says, without what differs between revisions: numbers of objects and where pages lie. */
function meaning({ tasks, mms, shared }: CkptImage): unknown {
  return {
    tasks: tasks.map(({ pid, tgid, ppid, comm, zombie, mm, files }) => ({
      ...{ pid, tgid, ppid, comm, zombie, mm },
      files: files.map(({ fd, closeOnExec, name, f_type }) => ({ fd, closeOnExec, name, f_type })),
    })),
    vmas: mms.map(({ vmas }) => vmas.map((vma) => [foundVma(vma), vma.type, vma.file, vma.shared !== null])),
    shared: shared.map(({ pages }) => pages.map(([index, , sha256]) => [index, sha256])),
  };
}

test.each(goldenNames('ckpt'))(
  'the second reader finds the same in %s as in what any revision makes of it',
  async (name) => {
    const image = await readImage(new MemorySource(goldenBytes(name), name));
    const written = await writeAll([image], scratchDirectory());
    const golden = path.join(GOLDEN, `${name}.img`);
    const [truth, ...read] = await readCkptStrictly([golden, ...written.map(({ file }) => file)]);
    for (const [i, one] of read.entries()) expect(meaning(one), written[i]?.name).toEqual(truth && meaning(truth));
    expect(read).toHaveLength(written.length);
  },
);
