import { FormatError } from '../format/errors.js';
import type { Image, Note } from '../format/model/image.js';
import type { ReadImageOptions } from '../format/model/read-options.js';
import { describeFormat, type FormatDescription } from './describe-header.js';
import { findingOf, type Finding } from './finding.js';
import type { DigestOptions } from './chunk-digests.js';
import { totalsOf } from './totals.js';
import { digestFaults, indexFaults, type IndexedMemory } from './verify-index.js';

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
  /** Bytes of the image that were read and compared with their digests; `null` where it has none. */
  readonly digestedBytes: number | null;
}

export interface VerifyOptions extends Partial<DigestOptions> {
  /** Reads the index of the image, which is checked as well, and with its digests all bytes of the image. */
  readonly index?: (() => Promise<IndexedMemory | undefined>) | undefined;
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
 * Reads an image from end to end and lists all that is wrong with it: its structure, its index where it has one, and its bytes
 * where that has digests of them. The image is closed, but the contents of its index are not.
 *
 * @param name  of the image, for the case that it cannot be read at all
 * @throws {FormatError} `UNSUPPORTED`, `OVER_BUDGET`, `NOT_SEEKABLE`: no verdict; {IoError}
 */
export async function verifyImage(name: string, read: ReadImage, options: VerifyOptions = {}): Promise<Verification> {
  const index = await openIndex(options);
  const found = await verifyStructure(name, read, index.memory);
  const ofBytes = index.memory ? await digestFaults(index.memory, options) : [];
  const findings = [...found.findings, ...[...index.faults, ...ofBytes].map(findingOf)];
  return { ...found, findings, digestedBytes: index.memory?.chunks?.streamBytes ?? null };
}

interface OpenedIndex {
  readonly memory: IndexedMemory | undefined;
  readonly faults: readonly FormatError[];
}

async function openIndex({ index }: VerifyOptions): Promise<OpenedIndex> {
  try {
    return { memory: await index?.(), faults: [] };
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    return { memory: undefined, faults: [error] };
  }
}

async function verifyStructure(
  name: string,
  read: ReadImage,
  index: IndexedMemory | undefined,
): Promise<Omit<Verification, 'digestedBytes'>> {
  const findings: Finding[] = [];
  const onFault = (fault: FormatError): void => void findings.push(findingOf(fault));
  try {
    const image = await read({ onFault });
    try {
      const { notes: remarks } = image;
      // of a damaged image the index may well know more than can be read
      if (index && findings.length === 0) findings.push(...(await indexFaults(image, index)).map(findingOf));
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
