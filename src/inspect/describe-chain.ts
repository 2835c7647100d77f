import type { FormatError } from '../format/errors.js';
import { hexBytes, jsonInteger, type JsonValue } from '../format/layout/unit.js';
import type { Image, ImageLayer } from '../format/model/image.js';
import { describeCapture, type CaptureDescription } from './describe-capture.js';
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
  /** How it was taken, where that is told. */
  readonly capture?: CaptureDescription;
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

function describeLayer(layer: ImageLayer): LayerDescription {
  const { name, bytes, timeSeconds, ownPages, fromParentPages, parent, capture } = layer;
  const link = parent ? { path: parent.path, id: hexBytes(parent.id) } : null;
  const facts = capture && { capture: describeCapture(capture) };
  return { name, bytes, timeSeconds: jsonInteger(timeSeconds), ownPages, fromParentPages, parent: link, ...facts };
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

/** What is told of an image that has a parent, or of how it was taken; nothing of a plain one. */
export interface ChainFacts {
  /** Of an incremental image: itself and its ancestors. */
  readonly layers?: readonly LayerDescription[];
  /** Pages that are left to a parent which is not there. */
  readonly missingPages?: number;
  /** How it was taken: rounds of copying, how changes were found, what is missing. */
  readonly capture?: CaptureDescription;
}

export function chainFactsOf(image: Image): ChainFacts {
  const { parent, layers } = image;
  const capture = image.capture ?? layers?.[0]?.capture;
  const isIncremental = parent !== undefined || layers !== undefined;
  return {
    ...(isIncremental && { layers: layersOf(image), missingPages: missingPagesIn(image) }),
    ...(capture && { capture: describeCapture(capture) }),
  };
}

/** @param fault  why the chain ended early */
export function describeChain(image: Image, fault: FormatError | undefined): ChainDescription {
  const missingPages = missingPagesIn(image);
  return { name: image.name, layers: layersOf(image), missingPages, fault: fault ? findingOf(fault) : null };
}
