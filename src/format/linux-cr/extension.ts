import type { At } from '../errors.js';
import { bytes, u32, u64 } from '../layout/field.js';
import { IMAGE_ID_BYTES } from '../model/image.js';
import { layout } from '../layout/layout.js';
import { UNCAPTURED_REASONS } from '../model/uncaptured.js';
import { count, enumOf, id, opaque, pages } from '../layout/unit.js';

/**
 * Records of ours, in numbers that no revision of either family uses; the same in all of them. Other readers stop at
 * them, which is wanted: they must not take a page that is left to a parent image, or was not captured, for a hole.
 * Source: docs/format.md, records of ours.
 */
export const EXTENSIONS = {
  PARENT: 0x7c00,
  PARENT_PAGES: 0x7c01,
  CAPTURE: 0x7c02,
  PARENT_OBJECT: 0x7c03,
  UNCAPTURED: 0x7c04,
} as const;

export type ExtensionName = keyof typeof EXTENSIONS;

const NAMES = new Map<number, ExtensionName>(
  // the keys of the table
  Object.entries(EXTENSIONS).map(([name, type]) => [type, name as ExtensionName]),
);

/** The record of ours that has this number. */
export function extensionOfType(type: number): ExtensionName | undefined {
  return NAMES.get(type);
}

/** Behind it, up to the end of the record, the path of the parent as text without NUL. */
export const PARENT = layout('PARENT', [
  ['id', bytes(IMAGE_ID_BYTES), opaque, 'identity of the parent: SHA-256 of the root of its index'],
] as const);

/** One element of PARENT_PAGES: neighbouring pages that are what they are in the parent. */
export const PAGE_RANGE = layout('PARENT_PAGES', [
  ['vpn', u64, pages, 'page number of the first; of shared memory its index in the object'],
  ['nr_pages', u64, count, 'how many'],
] as const);

/** In front of PARENT_PAGES of shared memory. */
export const PARENT_OBJECT = layout('PARENT_OBJECT', [
  ['objref', u32, id, 'number that the object has in the parent'],
  ['_padding', u32, count, '0'],
] as const);

/** What UNCAPTURED begins with; elements as those of PARENT_PAGES follow. */
export const UNCAPTURED = layout('UNCAPTURED', [
  ['reason', u32, enumOf(UNCAPTURED_REASONS), 'why pages of these ranges that have no contents were not captured'],
  ['_padding', u32, count, '0'],
] as const);

/** Most that one of these records holds, so that its length fits the 16 signed bits of the cr family: whole ranges. */
export const MAX_EXTENSION_BYTES = 2047 * PAGE_RANGE.size;

/** What the header of one of these records says. */
export interface ExtensionHead {
  readonly name: ExtensionName;
  readonly type: number;
  /** In the family that has it there. */
  readonly parent?: number;
  readonly headerBytes: number;
  readonly payloadBytes: number;
}

/** One record of ours, its payload as it is. */
export interface ExtensionItem {
  readonly kind: 'extension';
  readonly name: ExtensionName;
  readonly type: number;
  /** Of the header, in the family that has it there. */
  readonly parent?: number;
  readonly offset: number;
  /** Bytes, header included. */
  readonly length: number;
  readonly path: string;
  readonly bytes: Uint8Array;
}

/** The payloads of the CAPTURE records, one behind the other. */
export interface CapturePayloads {
  readonly parts: readonly Uint8Array[];
  /** Where the first begins. */
  readonly at: At;
}
