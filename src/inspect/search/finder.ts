import type { Layout } from './layout.js';
import type { SearchPattern } from './pattern.js';

/** Takes matches in ascending order; false where no more are taken before `resumeAt`. */
export type TakeMatch = (at: number, lengthBytes: number, resumeAt: number) => boolean;

/** Finds the matches of one kind of pattern that begin in what a piece owns. */
export type Finder<P extends SearchPattern> = (pattern: P, bytes: Uint8Array, layout: Layout, take: TakeMatch) => void;
