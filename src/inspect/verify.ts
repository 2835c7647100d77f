import { FormatError } from '../format/errors.js';
import type { Image, Note } from '../format/model/image.js';
import type { ReadImageOptions } from '../format/model/read-options.js';
import { describeFormat, type FormatDescription } from './describe-header.js';
import { findingOf, type Finding } from './finding.js';
import { totalsOf } from './totals.js';

/** How much of an image was read and found in order. */
export interface Checked {
  readonly tasks: number;
  readonly vmas: number;
  /** Pages whose contents are there; what is in them is not known to be right or wrong. */
  readonly pages: number;
}

/** What a check of an image found, ready for `JSON.stringify`. */
export interface Verification {
  readonly name: string;
  /** `null` where reading ended before that was known. */
  readonly format: FormatDescription | null;
  /** What is wrong, in the order of the image; empty for one that is whole. */
  readonly findings: readonly Finding[];
  /** What is odd but read tolerantly. */
  readonly remarks: readonly Note[];
  readonly checked: Checked;
}

/** Opens the image that is to be checked or saved. */
export type ReadImage = (options: ReadImageOptions) => Promise<Image>;

/** What says nothing of the image, but of what we can do. */
const NO_VERDICT: readonly string[] = ['UNSUPPORTED', 'OVER_BUDGET', 'NOT_SEEKABLE'];

/** Counts what of an image could be read. */
export function checkedIn(image: Image): Checked {
  const { tasks, vmas, pagesDumped } = totalsOf(image);
  return { tasks, vmas, pages: pagesDumped };
}

/** The finding without the name of the image, which a thrown error begins with. */
function findingWithin(name: string, error: FormatError): Finding {
  const finding = findingOf(error);
  const prefix = `${name}: `;
  return finding.message.startsWith(prefix) ? { ...finding, message: finding.message.slice(prefix.length) } : finding;
}

/**
 * Reads an image from end to end and lists all that is wrong with it. The image is closed.
 *
 * @param name  of the image, for the case that it cannot be read at all
 * @throws {FormatError} `UNSUPPORTED`, `OVER_BUDGET`, `NOT_SEEKABLE`: no verdict; {IoError}
 */
export async function verifyImage(name: string, read: ReadImage): Promise<Verification> {
  const findings: Finding[] = [];
  const onFault = (fault: FormatError): void => void findings.push(findingOf(fault));
  try {
    const image = await read({ onFault });
    try {
      const { notes: remarks } = image;
      return { name: image.name, format: describeFormat(image), findings, remarks, checked: checkedIn(image) };
    } finally {
      await image.close();
    }
  } catch (error) {
    if (!(error instanceof FormatError) || NO_VERDICT.includes(error.code)) throw error;
    const last = findingWithin(name, error);
    const isKnown = findings.some(({ code, offset, path }) => {
      return code === last.code && offset === last.offset && path === last.path;
    });
    if (!isKnown) findings.push(last);
    return { name, format: null, findings, remarks: [], checked: { tasks: 0, vmas: 0, pages: 0 } };
  }
}
