import type { ByteSource } from '../../bytes/source.js';
import type { FormatError } from '../../errors.js';
import type { Image } from '../../model/image.js';
import { captureOf } from '../../linux-cr/capture-read.js';
import { DEFAULT_BUDGET_BYTES, walkToEnd } from '../../linux-cr/walk-to-end.js';
import { MemoryBudget } from '../../model/budget.js';
import type { ReadImageOptions } from '../../model/read-options.js';
import { headerOf, tasksOf } from './model.js';
import type { StreamParts } from './parts.js';
import type { WalkOptions } from './walk-context.js';
import { walkStream } from './walker.js';

/** Options of this family alone. */
export type ReadCkptOptions = ReadImageOptions & Pick<WalkOptions, 'revisions'>;

/**
 * Reads a ckpt stream into the model. Page contents stay where they are: `image.contents` is `source`, which the image
 * closes. With `onFault`, reads what can be proved of a damaged stream.
 *
 * @throws {FormatError} at the first byte that cannot be right; with `onFault` only where no HEADER or no task can be read
 * Source: spec/cr-stream.md 7 to 10.
 */
export async function readCkpt(source: ByteSource, options: ReadCkptOptions = {}): Promise<Image> {
  const parts = await readParts(source, options);
  const { revision, notes, wordBytes, decidedBy } = parts;
  const { name, covers } = revision;
  const { parentLink } = parts;
  const capture = await captureOf(parts.capture, options.onFault);
  return {
    name: source.name,
    format: { family: 'ckpt', revision: name, covers, wordBytes, decidedBy },
    header: headerOf(parts),
    tasks: tasksOf(parts, { vmaType9: options.vmaType9, endOffset: source.size }),
    contents: source,
    notes,
    ...(parentLink && { parent: parentLink }),
    ...(capture && { capture }),
    close: () => source.close(),
  };
}

async function readParts(source: ByteSource, options: ReadCkptOptions): Promise<StreamParts> {
  const budget = new MemoryBudget(options.budgetBytes ?? DEFAULT_BUDGET_BYTES);
  const { revisions, vmaType9, onFault } = options;
  let firstFault: FormatError | undefined;
  const report = (fault: FormatError): void => {
    firstFault ??= fault;
    onFault?.(fault);
  };
  const walk = walkStream(source, { budget, isListing: false, revisions, vmaType9, onFault: onFault && report });
  const parts = await walkToEnd(walk, options.signal);
  if (parts.tasks.length === 0 && firstFault) throw firstFault;
  return parts;
}
