import * as path from 'node:path';
import { expect, test } from 'vitest';
import { captureProcess } from '../../src/capture/capture.js';
import { convertImage } from '../../src/convert/convert.js';
import { createFile } from '../../src/format/bytes/file.js';
import { patternFaults } from '../support/pattern.js';
import { stopProcess } from '../support/procfs.js';
import { scratchDirectory } from '../support/scratch.js';
import { type CkptImage, hashedPages, readCkptStrictly } from '../support/strict-ckpt.js';
import { type Shapes, startShapes } from '../support/target.js';
import { type HashedPage, faultsOf, readTruth } from '../support/truth.js';

async function captureAs(pid: number, to: string): Promise<CkptImage> {
  const file = path.join(scratchDirectory(), `${to}.img`);
  // it is stopped already
  const image = await captureProcess(pid, { freeze: false, include: ['scratch'] });
  try {
    await convertImage(image, createFile(file), { to, index: false });
  } finally {
    await image.close();
  }
  const [read] = await readCkptStrictly([file]);
  if (read === undefined) throw new Error('the second reader read nothing');
  return read;
}

interface FoundVma {
  readonly start: number;
  readonly end: number;
  readonly type: number;
  readonly name: string | null;
  readonly pages: readonly HashedPage[];
}

/** Mappings of the process below what the vsyscall page of the kernel takes. */
function vmasOf({ mms }: CkptImage): FoundVma[] {
  const vmas = mms[0]?.vmas ?? [];
  return vmas
    .filter((vma) => typeof vma.start === 'number')
    .map((vma) => ({
      ...{ start: Number(vma.start), end: Number(vma.end), type: vma.type, name: vma.file },
      pages: hashedPages(vma),
    }));
}

function expectTasks(image: CkptImage, target: Shapes, threads: number): void {
  expect(image.tasks).toHaveLength(threads);
  expect(image.mms).toHaveLength(1);
  for (const task of image.tasks) expect(task).toMatchObject({ tgid: target.pid, ppid: process.pid, mm: 0 });
  expect(image.tasks[0]).toMatchObject({ pid: target.pid, comm: 'shapes', zombie: false });
}

const VARIANTS: [to: string, threads: number][] = [
  ['v21', 1],
  ['v21', 4],
  ['v23', 1],
  ['v23', 4],
];

test.each(VARIANTS)(
  'a process captured as %s, with %i threads, holds every page that /proc has',
  async (to, threads) => {
    const target = await startShapes({ threads });
    await stopProcess(target.pid);
    const image = await captureAs(target.pid, to);
    expectTasks(image, target, threads);
    const vmas = vmasOf(image);
    expect(faultsOf({ vmas }, await readTruth(target.pid))).toEqual([]);
    expect(
      patternFaults(
        target.regions,
        target.seed,
        vmas.flatMap((vma) => vma.pages),
      ),
      `seed ${target.seed}`,
    ).toEqual([]);
  },
);
