import type { CaptureDescription, PlainFact } from '../../inspect/describe-capture.js';
import { countText } from './amount.js';
import type { Palette } from './palette.js';
import { printable } from './printable.js';

const NS_PER_MS = 1e6;

type Facts = Readonly<Record<string, PlainFact>>;

function factsIn(facts: Facts, name: string): Facts | undefined {
  const value = facts[name];
  // the arms left are an object, and an array that has no such names
  return typeof value === 'object' && value !== null ? (value as Facts) : undefined;
}

function numberIn(facts: Facts, name: string): number | undefined {
  const value = facts[name];
  return typeof value === 'number' ? value : undefined;
}

function textIn(facts: Facts, name: string): string | undefined {
  const value = facts[name];
  return typeof value === 'string' ? printable(value) : undefined;
}

function* preCopyText(preCopy: Facts): Generator<string> {
  const { rounds } = preCopy;
  const pages = (Array.isArray(rounds) ? (rounds as readonly Facts[]) : []).flatMap((round) => {
    const count = numberIn(round, 'pages');
    return count === undefined ? [] : [countText(count, 'page')];
  });
  if (pages.length > 0) yield `copied while it ran in ${countText(pages.length, 'round')}: ${pages.join(', then ')}`;
  const last = numberIn(preCopy, 'finalPages');
  if (last !== undefined) yield `${countText(last, 'page')} while it stood still`;
}

/** How an image was taken; facts of an unknown kind are in the JSON form only. */
export function* captureFactsLines(capture: CaptureDescription, palette: Palette): Generator<string> {
  const [tracking, preCopy, partial] = ['tracking', 'preCopy', 'partial'].map((name) => factsIn(capture, name));
  const stopped = numberIn(capture, 'stoppedNs');
  const backend = tracking && textIn(tracking, 'backend');
  const reason = tracking && textIn(tracking, 'reason');
  const facts = [
    ...(stopped === undefined ? [] : [`it stood still for ${(stopped / NS_PER_MS).toFixed(1)} ms`]),
    ...(backend === undefined ? [] : [`changes found by ${backend}${reason === undefined ? '' : ` (${reason})`}`]),
    ...(preCopy ? preCopyText(preCopy) : []),
  ];
  if (facts.length > 0) yield `  capture: ${facts.join('; ')}`;
  const missing = partial && numberIn(partial, 'missingPages');
  if (missing !== undefined)
    yield palette.warning(`  partial: ${countText(missing, 'page')} were not read before the time was over`);
}
