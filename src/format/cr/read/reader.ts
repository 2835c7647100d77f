import type { ByteSource } from '../../bytes/source.js';
import type { FormatError } from '../../errors.js';
import type { Image } from '../../model/image.js';
import { captureOf } from '../../linux-cr/capture-read.js';
import { DEFAULT_BUDGET_BYTES, walkToEnd } from '../../linux-cr/walk-to-end.js';
import { MemoryBudget } from '../../model/budget.js';
import type { ReadImageOptions } from '../../model/read-options.js';
import { headerOf, tasksOf } from './model.js';
import type { StreamParts } from './parts.js';
import { wholePages } from './whole-pages.js';
import type { WalkOptions } from './walk-context.js';
import { walkStream } from './walker.js';

/** Options of this family alone. */
export type ReadCrOptions = ReadImageOptions & Pick<WalkOptions, 'revisions'>;

/** Historical images were written by 32-bit kernels only. Source: spec/cr-stream.md 9.2. */
const DEFAULT_WORD_BYTES = 4;

/**
 * Reads a cr stream into the model. Page contents stay where they are: `image.contents` is `source`, which the image
 * closes.
 *
 * @throws {FormatError} at the first byte that cannot be right; with `onFault` only when there is no HEAD or no task
 * Source: spec/cr-stream.md 5 and 9.
 */
export async function readCr(source: ByteSource, options: ReadCrOptions = {}): Promise<Image> {
  const faults: FormatError[] = [];
  const { onFault } = options;
  const noteFault = (fault: FormatError): void => {
    if (faults.length === 0) faults.push(fault);
    onFault?.(fault);
  };
  const parts = await readParts(source, { ...options, onFault: onFault && noteFault });
  const [firstFault] = faults;
  if (firstFault && parts.tasks.length === 0) throw firstFault;
  const { revision, notes } = parts;
  if (parts.isDamaged) cutPages(parts, source.size);
  const wordBytes = parts.wordBytes ?? DEFAULT_WORD_BYTES;
  const { name, covers } = revision;
  const { parentLink } = parts;
  const capture = await captureOf(parts.capture, onFault);
  const decidedBy = parts.wordBytes ? parts.decidedBy : [...parts.decidedBy, 'nothing says 64-bit'];
  return {
    name: source.name,
    format: { family: 'cr', revision: name, covers, wordBytes, decidedBy },
    header: headerOf(parts),
    tasks: tasksOf(parts, wordBytes),
    contents: source,
    notes,
    ...(parentLink && { parent: parentLink }),
    ...(capture && { capture }),
    close: () => source.close(),
  };
}

/** Leaves out the pages whose contents are not wholly there. */
function cutPages({ tasks }: StreamParts, sizeBytes: number): void {
  for (const { mm } of tasks) for (const vma of mm.vmas) vma.pages = wholePages(vma.pages, sizeBytes);
}

async function readParts(source: ByteSource, options: ReadCrOptions): Promise<StreamParts> {
  const budget = new MemoryBudget(options.budgetBytes ?? DEFAULT_BUDGET_BYTES);
  const walk = walkStream(source, { budget, isListing: false, revisions: options.revisions, onFault: options.onFault });
  return walkToEnd(walk, options.signal);
}
