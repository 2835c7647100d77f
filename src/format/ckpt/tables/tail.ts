import type { Layout } from '../../layout/layout.js';

/** What stands behind the struct of a record, up to its length. */
export type Tail =
  | { readonly kind: 'none' }
  | { readonly kind: 'bytes' }
  | { readonly kind: 'text' }
  | { readonly kind: 'elements'; readonly layout: Layout };

/** The payload of a record. */
export interface Shape {
  /** Structs it may begin with, the one to write first; empty where there is none or none is known. */
  readonly layouts: readonly Layout[];
  readonly tail: Tail;
  /** Layouts that go with a value of the field, when they have the length; else one of `layouts`. */
  readonly chosenBy?: { readonly field: string; readonly layouts: Readonly<Record<number, Layout>> };
}

export const NONE: Tail = { kind: 'none' };
export const BYTES: Tail = { kind: 'bytes' };
export const TEXT: Tail = { kind: 'text' };

/** Structs of the same layout, one behind the other. */
export function elementsOf(layout: Layout): Tail {
  return { kind: 'elements', layout };
}

/** A record that is one struct; the length tells which of several. */
export function struct(...layouts: readonly Layout[]): Shape {
  return { layouts, tail: NONE };
}

/** A record without a struct, or with one that no source gives. */
export function only(tail: Tail): Shape {
  return { layouts: [], tail };
}
