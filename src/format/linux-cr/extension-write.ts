import { encodeText } from '../bytes/text.js';
import { FormatError } from '../errors.js';
import { encodeLayoutInto } from '../layout/encode.js';
import type { Image, ParentLink, Vma } from '../model/image.js';
import type { SharedMemory } from '../model/shared-memory.js';
import { NO_RANGES } from '../model/page-ranges.js';
import { UNCAPTURED_REASONS, type Uncaptured } from '../model/uncaptured.js';
import { MAX_EXTENSION_BYTES, PARENT, PARENT_OBJECT, UNCAPTURED, type ExtensionName } from './extension.js';
import { rangePayloads } from './page-range.js';
import { PATH_MAX_BYTES } from './path.js';

/** What the writer of a family has for records of ours. */
export interface ExtensionWriter {
  /** Whether there are any: kernels stop at them, so that an image that they could read has none. */
  isIncremental: boolean;
  extension(name: ExtensionName, payload: Uint8Array): void;
}

/** The payload of PARENT. @throws {FormatError} `CANNOT_HOLD`, `BAD_VALUE` */
export function encodeParent(parent: ParentLink): Uint8Array {
  const path = encodeText(parent.path);
  if (path.length === 0 || path.length >= PATH_MAX_BYTES || path.includes(0)) {
    const facts = { at: { path: 'parent.path' }, what: 'bytes of the path', actual: path.length };
    throw new FormatError('CANNOT_HOLD', {
      ...facts,
      expected: `1 to ${String(PATH_MAX_BYTES - 1)}, none of them NUL`,
    });
  }
  const payload = new Uint8Array(PARENT.size + path.length);
  encodeLayoutInto(PARENT, { id: parent.id }, payload, 0, { offset: 0, path: 'parent' });
  payload.set(path, PARENT.size);
  return payload;
}

/** PARENT, of an incremental image. @throws {FormatError} as `encodeParent` */
export function writeParent(writer: ExtensionWriter, parent: ParentLink | undefined): void {
  if (!parent) return;
  writer.isIncremental = true;
  writer.extension('PARENT', encodeParent(parent));
}

/** What of a mapping, or of shared memory, has no contents here: it is left to the parent, or, of an incremental image, was not captured. */
export function writeElsewhere(
  writer: ExtensionWriter,
  { parentPages, parentId, uncaptured }: Pick<Vma, 'parentPages' | 'uncaptured'> & Pick<SharedMemory, 'parentId'>,
): void {
  if (parentId !== undefined && parentPages) {
    const payload = new Uint8Array(PARENT_OBJECT.size);
    encodeLayoutInto(PARENT_OBJECT, { objref: parentId, _padding: 0 }, payload, 0);
    writer.extension('PARENT_OBJECT', payload);
  }
  for (const payload of rangePayloads(parentPages ?? NO_RANGES)) writer.extension('PARENT_PAGES', payload);
  if (uncaptured && writer.isIncremental) writeUncaptured(writer, uncaptured);
}

function writeUncaptured(writer: ExtensionWriter, { ranges, reason }: Uncaptured): void {
  const head = new Uint8Array(UNCAPTURED.size);
  encodeLayoutInto(UNCAPTURED, { reason: UNCAPTURED_REASONS[reason], _padding: 0 }, head, 0);
  for (const payload of rangePayloads(ranges, head)) writer.extension('UNCAPTURED', payload);
}

/** CAPTURE of an incremental image, in as many records as it takes. @throws {FormatError} `BAD_VALUE` */
export async function writeCapture(writer: ExtensionWriter, { capture }: Image): Promise<void> {
  if (!capture || !writer.isIncremental) return;
  const { encodeCapture } = await import('./capture-facts.js');
  const payload = encodeCapture(capture);
  for (let at = 0; at < payload.length; at += MAX_EXTENSION_BYTES)
    writer.extension('CAPTURE', payload.subarray(at, at + MAX_EXTENSION_BYTES));
}
