import { countText, sizeText } from './amount.js';
import { printable, valueText } from './printable.js';
import type { FormatDescription, HeaderDescription } from '../../inspect/describe-header.js';
import type { JsonValue } from '../../format/layout/unit.js';
import type { Note } from '../../format/model/image.js';
import type { Palette } from './palette.js';

/** What every view of an image begins with. */
interface Headed {
  readonly name: string;
  readonly format: FormatDescription;
  readonly header: HeaderDescription;
}

function formatText({ family, revision, covers, wordBytes, sizeBytes }: FormatDescription): string {
  const others = covers === revision ? '' : ` (${covers})`;
  const spelling = family === 'process' ? 'live process' : `${family} ${revision}${others}`;
  const size = sizeBytes === null ? [] : [sizeText(sizeBytes)];
  return [spelling, `${String(wordBytes * 8)}-bit`, ...size].join(', ');
}

/** `2009-01-05 09:00:00 UTC`; the bare number where no calendar reaches. */
export function timeText(seconds: JsonValue): string {
  const time = new Date(Number(seconds) * 1000);
  if (Number.isNaN(time.getTime())) return `${valueText(seconds)} s after the epoch`;
  return `${time.toISOString().slice(0, -'.000Z'.length).replace('T', ' ')} UTC`;
}

/** Name, format, kernel and time of an image. */
export function* headerLines({ name, format, header }: Headed, palette: Palette): Generator<string> {
  yield `${palette.heading(printable(name))}  ${printable(formatText(format))}`;
  const { release, machine } = header.uname;
  const kernel = release === '' ? header.kernel : release;
  yield `  kernel ${printable(`${kernel} ${machine}`.trimEnd())}, taken ${timeText(header.timeSeconds)}`;
  if (format.decidedBy.length > 0) yield palette.faint(`  known by ${printable(format.decidedBy.join('; '))}`);
}

/** What was odd about the image. */
export function* noteLines(notes: readonly Note[], palette: Palette): Generator<string> {
  if (notes.length > 0) yield palette.warning(countText(notes.length, 'note'));
  for (const { code, message, at } of notes) {
    const path = at.path === '' ? '' : `, ${printable(at.path)}`;
    yield `  ${printable(message)}  ${palette.faint(`[${code} at 0x${at.offset.toString(16)}${path}]`)}`;
  }
}
