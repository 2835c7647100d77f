import type { ChainDescription, LayerDescription } from '../../inspect/describe-chain.js';
import { countText, sizeText } from './amount.js';
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

/** The chain of an image, and what of it is missing. */
export function* chainLines(
  { name, layers, missingPages, fault }: ChainDescription,
  palette: Palette,
): Generator<string> {
  yield palette.heading(`${printable(name)}  ${countText(layers.length, 'layer')}`);
  for (const line of layerLines(layers)) yield `  ${line}`;
  if (!fault) return;
  yield palette.warning(`${countText(missingPages, 'page')} missing: ${printable(fault.message)}`);
}
