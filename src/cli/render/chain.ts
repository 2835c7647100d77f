import type { ChainDescription, ChainFacts, LayerDescription } from '../../inspect/describe-chain.js';
import { countText, sizeText } from './amount.js';
import { captureFactsLines } from './capture-facts.js';
import { tableLines } from './column.js';
import { timeText } from './header.js';
import type { Palette } from './palette.js';
import { printable } from './printable.js';

function layerRow({ name, bytes, timeSeconds, ownPages, fromParentPages }: LayerDescription): string[] {
  const pages = `${countText(ownPages, 'page')} own`;
  return [printable(name), sizeText(bytes), pages, `${String(fromParentPages)} from its parent`, timeText(timeSeconds)];
}

/** A line for each layer, the image itself first. */
export function layerLines(layers: readonly LayerDescription[]): string[] {
  return tableLines(layers.map(layerRow), ['left', 'right', 'right', 'right', 'left']);
}

/** Layers, link to the parent, and how the image was taken, as show and info have them. */
export function* chainFactsLines(
  { layers = [], missingPages = 0, capture }: ChainFacts,
  palette: Palette,
): Generator<string> {
  const [first] = layers;
  if (first?.parent)
    yield `  incremental, ${countText(layers.length, 'layer')}, parent ${printable(first.parent.path)}`;
  for (const line of layerLines(layers)) yield `  layer ${line}`;
  if (missingPages > 0)
    yield palette.warning(`  ${countText(missingPages, 'page')} left to a parent that is not there`);
  if (capture) yield* captureFactsLines(capture, palette);
}

/** The chain of an image, and what of it is missing. */
export function* chainLines(
  { name, layers, missingPages, fault }: ChainDescription,
  palette: Palette,
): Generator<string> {
  yield palette.heading(`${printable(name)}  ${countText(layers.length, 'layer')}`);
  for (const line of layerLines(layers)) yield `  ${line}`;
  if (!fault) return;
  yield palette.warning(`${countText(missingPages, 'page')} missing: ${printable(fault.message)}`);
  yield '  all other pages can be read: crit show, crit read, crit search; crit rebase links to a parent that was moved';
}
