import * as path from 'node:path';
import { expect, test } from 'vitest';
import { GOLDEN, goldenJson, goldenNames } from '../../support/golden.js';
import { type CkptImage, judgeCkpt, readCkptStrictly } from '../../support/strict-ckpt.js';

interface GoldenFd {
  readonly fd: number;
  readonly objref: number;
  readonly file: string | null;
}

interface GoldenTask {
  readonly pid: number;
  readonly comm: string;
  readonly zombie: boolean;
  readonly mm: number | null;
  readonly fds: readonly GoldenFd[];
}

const VMA_FACTS = ['start', 'end', 'prot', 'flags', 'pgoff', 'type', 'file', 'pages'] as const;
type VmaFacts = Readonly<Record<(typeof VMA_FACTS)[number], unknown>>;

interface Golden {
  readonly group: string;
  readonly word: number;
  readonly tasks: readonly GoldenTask[];
  readonly mms: readonly { readonly exe: string | null; readonly vmas: readonly VmaFacts[] }[];
}

function vmaFacts(vma: VmaFacts): unknown[] {
  return VMA_FACTS.map((name) => vma[name]);
}

/** The second reader's findings in the words of the golden descriptions. */
function asGolden({ head, tasks, mms }: CkptImage): unknown {
  const fds = (task: CkptImage['tasks'][number]): GoldenFd[] =>
    task.files.map(({ fd, objref, name }) => ({ fd, objref, file: name }));
  return {
    head: [head.group, head.word],
    tasks: tasks.map((task) => ({ ...pickTask(task), fds: fds(task) })),
    mms: mms.map(({ exe, vmas }) => ({ exe, vmas: vmas.map(vmaFacts) })),
  };
}

function pickTask({ pid, comm, zombie, mm }: Omit<GoldenTask, 'fds'>): Omit<GoldenTask, 'fds'> {
  return { pid, comm, zombie, mm };
}

function described(name: string): unknown {
  // the golden descriptions have this shape; see fixtures/golden/README.md
  const golden = goldenJson(name) as unknown as Golden;
  return {
    head: [golden.group, golden.word],
    tasks: golden.tasks.map((task) => ({
      ...pickTask(task),
      fds: task.fds.map(({ fd, objref, file }) => ({ fd, objref, file })),
    })),
    mms: golden.mms.map(({ exe, vmas }) => ({ exe, vmas: vmas.map(vmaFacts) })),
  };
}

test.each(goldenNames('ckpt'))('the second reader finds in %s what its description says', async (name) => {
  const [image] = await readCkptStrictly([path.join(GOLDEN, `${name}.img`)]);
  expect(image && asGolden(image)).toEqual(described(name));
});

test('the second reader refuses the damaged images where the damage is', async () => {
  const bad = { 'len-beyond-file': 2987, 'objref-cycle': 1347 };
  const judged = await judgeCkpt(Object.keys(bad).map((name) => path.join(GOLDEN, 'bad', `${name}.img`)));
  expect(judged.map((image) => 'refused' in image && image.offset)).toEqual(Object.values(bad));
});

test('the second reader takes no image of the cr family, no text and no empty file', async () => {
  const names = ['tiny-v11', 'bad/text', 'bad/empty'];
  const judged = await judgeCkpt(names.map((name) => path.join(GOLDEN, `${name}.img`)));
  expect(judged.map((image) => 'refused' in image && image.offset)).toEqual([0, 8, 0]);
});
