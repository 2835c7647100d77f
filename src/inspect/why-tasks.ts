import { PAGE_BYTES } from '../format/model/page.js';
import { nextStretch } from './space-walk.js';
import type { BulkTask } from '../format/bytes/crew.js';
import type { Space } from './space.js';
import type { SpaceWalk } from './space-walk.js';

/** What one task reads. */
const TASK_PAGES = (2 * 1024 * 1024) / PAGE_BYTES;

/** Memory that one task reads, in columns, in the order of its buffer. */
export interface TaskPieces {
  /** Index of the space. */
  readonly space: number;
  readonly vpn: number[];
  /** Place in the buffer, in bytes. */
  readonly at: number[];
  /** Place in the image, in bytes. */
  readonly offset: number[];
}

/** A task that is being put together. */
interface Draft {
  readonly pieces: TaskPieces;
  readonly offset: number[];
  readonly length: number[];
  pages: number;
}

function newDraft(space: number): Draft {
  return { pieces: { space, vpn: [], at: [], offset: [] }, offset: [], length: [], pages: 0 };
}

function addPages(draft: Draft, vpn: number, offset: number, nrPages: number): void {
  const { pieces, offset: offsets, length } = draft;
  pieces.vpn.push(vpn);
  pieces.at.push(draft.pages * PAGE_BYTES);
  pieces.offset.push(offset);
  draft.pages += nrPages;
  const last = offsets.length - 1;
  const bytes = nrPages * PAGE_BYTES;
  // what follows in the image is one range, wherever it lies in memory
  if (last >= 0 && (offsets[last] ?? 0) + (length[last] ?? 0) === offset) length[last] = (length[last] ?? 0) + bytes;
  else {
    offsets.push(offset);
    length.push(bytes);
  }
}

function taskOf<P>({ offset, length }: Draft, parameters: P): BulkTask<P> {
  const plan = { source: 0, offset: Float64Array.from(offset), length: Float64Array.from(length) };
  return { parameters, reads: [plan] };
}

/**
 * All memory that the spaces hold, as bulk tasks of one space each; a page that several mappings show is in each of them.
 *
 * @param parametersOf  what the kernel is told for memory of a space
 * @param onTask        told what each task reads, before the task is given
 * @param onStretch     told of all held stretches
 */
export async function* tasksOfSpaces<P>(
  spaces: readonly Space[],
  parametersOf: (space: number) => P,
  onTask: (pieces: TaskPieces, pages: number) => void,
  onStretch: (space: number, walk: SpaceWalk) => void,
): AsyncGenerator<BulkTask<P>> {
  for (const [index, space] of spaces.entries()) {
    const parameters = parametersOf(index);
    const walk = space.walk();
    let draft = newDraft(index);
    for (;;) {
      const step = nextStretch(walk);
      if (!(typeof step === 'boolean' ? step : await step)) break;
      if (walk.state !== 'held') continue;
      onStretch(index, walk);
      for (let done = 0, pages; done < walk.nrPages; done += pages) {
        pages = Math.min(walk.nrPages - done, TASK_PAGES - draft.pages);
        addPages(draft, walk.vpn + done, walk.offset + done * PAGE_BYTES, pages);
        if (draft.pages < TASK_PAGES) continue;
        onTask(draft.pieces, draft.pages);
        yield taskOf(draft, parameters);
        draft = newDraft(index);
      }
    }
    if (draft.pages === 0) continue;
    onTask(draft.pieces, draft.pages);
    yield taskOf(draft, parameters);
  }
}
