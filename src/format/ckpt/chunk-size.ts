import { PAGE_BYTES } from '../model/page.js';

/** Longest array in front of the pages of a chunk: 16 pages of native longs. Source: spec/cr-stream.md 8.9. */
export const CHUNK_ARRAY_BYTES = 16 * PAGE_BYTES;
