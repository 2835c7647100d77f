import type { FormatError } from '../format/errors.js';
import { hexBytes, jsonInteger, type JsonValue } from '../format/layout/unit.js';
import type { Image, ImageLayer } from '../format/model/image.js';
import { findingOf, type Finding } from './finding.js';
import { missingPagesIn, pagesIn } from './layer-pages.js';

/** One image of a chain, ready for `JSON.stringify`. */
export interface LayerDescription {
  readonly name: string;
  readonly bytes: number;
  /** When it was taken, in seconds since the epoch. */
  readonly timeSeconds: JsonValue;
  readonly ownPages: number;
  readonly fromParentPages: number;
  /** Its link, and the identity that its parent must have; `null` for the last. */
  readonly parent: { readonly path: string; readonly id: string } | null;
}

export interface ChainDescription {
  readonly name: string;
  /** The image itself first. */
  readonly layers: readonly LayerDescription[];
  /** Pages that are left to a parent that is not there; 0 of a chain that is whole. */
  readonly missingPages: number;
  /** Why not all is there; `null` where it is. */
  readonly fault: Finding | null;
}

function describeLayer({ name, bytes, timeSeconds, ownPages, fromParentPages, parent }: ImageLayer): LayerDescription {
  const link = parent ? { path: parent.path, id: hexBytes(parent.id) } : null;
  return { name, bytes, timeSeconds: jsonInteger(timeSeconds), ownPages, fromParentPages, parent: link };
}

/** The images that an image consists of, one for an image without a parent. */
export function layersOf(image: Image): LayerDescription[] {
  const { name, contents, header, parent, capture } = image;
  const own: ImageLayer = {
    ...{ name, bytes: contents.size, timeSeconds: header.timeSeconds, id: undefined, parent, capture },
    ...pagesIn(image),
  };
  return (image.layers ?? [own]).map(describeLayer);
}

/** @param fault  why the chain ended early */
export function describeChain(image: Image, fault: FormatError | undefined): ChainDescription {
  const missingPages = missingPagesIn(image);
  return { name: image.name, layers: layersOf(image), missingPages, fault: fault ? findingOf(fault) : null };
}
