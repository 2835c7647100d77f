import { bencode, type Plain } from './bencode.js';
import { itemsForm } from './kernel-form.js';
import { hiddenPages } from './shared-form.js';
import { spaceForm } from './space-form.js';
import { filesForm, taskForm } from './task-form.js';
import { startWalk, type Walk } from './walk.js';
import type { AddressSpace, Image } from '../../format/model/image.js';
import type { PageRuns } from '../../format/model/page-runs.js';

/** CHECKPOINT_SUBTREE: what a checkpoint is of, where the format does not say. */
const SUBTREE = 1n;

/** An address space and the tasks that have it. */
export interface SpaceStructure {
  readonly pids: readonly number[];
  readonly space: AddressSpace;
  readonly encoded: Uint8Array;
}

interface TaskStructure {
  readonly pid: number;
  /** Index in the list of spaces. */
  readonly space: number | null;
  readonly encoded: Uint8Array;
}

/** An image without its pages, as bytes that images of equal state share. */
export interface ImageStructure {
  readonly header: Uint8Array;
  readonly tasks: readonly TaskStructure[];
  /** Each once, in the order of the tasks. */
  readonly spaces: readonly SpaceStructure[];
  /** Of each shared memory, in the order of description, the pages that no mapping shows. */
  readonly hidden: readonly PageRuns[];
}

function headerForm(walk: Walk, { header, format }: Image): Plain {
  const { kernel, uname, cpu, uflags = SUBTREE, container = [] } = header;
  const { major, minor, patch } = kernel;
  const facts = { wordBytes: format.wordBytes, kernel: [major, minor, patch], ...uname, ...cpu, uflags };
  return { ...facts, container: itemsForm(walk, container) };
}

/**
 * The structure of an image: all of its model but contents, and what is no state (its name, format, time and object numbers).
 * Source: docs/digest.md.
 */
export function structureOf(image: Image): ImageStructure {
  const walk = startWalk(image);
  const header = bencode(headerForm(walk, image));
  const spaces: (SpaceStructure & { readonly pids: number[]; readonly firstTask: number })[] = [];
  const indices = new Map<AddressSpace, number>();
  const tasks = image.tasks.map((task, i): TaskStructure => {
    walk.labels.enterTask();
    const { pid, mm } = task;
    const files = filesForm(walk, task);
    if (mm && !indices.has(mm)) {
      indices.set(mm, spaces.length);
      spaces.push({ pids: [], space: mm, encoded: bencode(spaceForm(walk, mm)), firstTask: i });
    }
    const index = mm && indices.get(mm);
    const own = index === undefined ? undefined : spaces[index];
    own?.pids.push(pid);
    return { pid, space: index ?? null, encoded: bencode(taskForm(walk, task, files, own ? [own.firstTask] : [])) };
  });
  const hidden = walk.described.map((memory) => hiddenPages(memory, walk.users.get(memory) ?? []));
  return { header, tasks, spaces, hidden };
}
