import { describeFormat, describeHeader } from './describe-header.js';
import { describeTask } from './describe-task.js';
import type { Image, Note } from '../format/model/image.js';
import type { FormatDescription, HeaderDescription } from './describe-header.js';
import type { TaskDescription } from './describe-task.js';
import type { VmaOptions } from './describe-vma.js';

/** Everything in an image but page contents, ready for `JSON.stringify`. */
export interface ImageDescription {
  readonly name: string;
  readonly format: FormatDescription;
  readonly header: HeaderDescription;
  readonly tasks: readonly TaskDescription[];
  readonly notes: readonly Note[];
}

export type DescribeOptions = VmaOptions;

/**
 * Describes an image as plain data: addresses and flag words are `"0x..."` strings, sizes are bytes, enumerations are
 * names, integers beyond 2^53 are decimal strings. Reads no page contents.
 */
export function describeImage(image: Image, options: DescribeOptions = {}): ImageDescription {
  return {
    name: image.name,
    format: describeFormat(image),
    header: describeHeader(image.header),
    tasks: image.tasks.map((task) => describeTask(task, options)),
    notes: image.notes,
  };
}
