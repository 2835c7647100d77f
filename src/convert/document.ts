import type { RecordDocument } from '../format/layout/document.js';

/** What a document calls itself, and the version that is read and written. */
export const DOCUMENT_FORMAT = 'crit-records';
export const DOCUMENT_VERSION = 1;

/** The forms that a document has as bytes. */
export const DOCUMENT_FORMS = ['json', 'msgpack'] as const;
export type DocumentForm = (typeof DOCUMENT_FORMS)[number];

/** The first part of a document. */
export interface DocumentHead {
  readonly format: typeof DOCUMENT_FORMAT;
  readonly version: typeof DOCUMENT_VERSION;
  readonly family: string;
  readonly revision: string;
  /** Bytes of a native long, and of a word in address arrays. */
  readonly wordBytes: 4 | 8;
}

/** Page contents that are not in the document. */
export interface PagesReference {
  /** Where they start in the file of page contents, in bytes; missing where they were not kept. */
  readonly offset?: number | undefined;
  /** Number of pages. */
  readonly count: number;
}

/** One piece of the image: a record, bytes without a header, or a part of the page contents. */
export interface DocumentEntry extends RecordDocument {
  /** Page contents, or what stands behind the image. */
  readonly contents?: Uint8Array | undefined;
  readonly pages?: PagesReference | undefined;
  /** Where it stood in the image that was decoded; encoding takes no notice of the three. */
  readonly offset?: number | undefined;
  readonly length?: number | undefined;
  readonly path?: string | undefined;
}

/** An image as its records, from which the same bytes can be made again. Entries come one by one, and once. */
export interface RecordsDocument {
  readonly head: DocumentHead;
  readonly entries: AsyncIterable<DocumentEntry>;
}
