import type { JsonValue } from '../../format/layout/unit.js';
import type { RecordDescription } from '../../format/layout/record.js';
import { printable } from './printable.js';

const OFFSET_DIGITS = 8;
const NAME_WIDTH = 12;
/** Longer values are cut; `--json` has them whole. */
const MAX_VALUE = 64;

function valueText(value: JsonValue): string {
  const text = typeof value === 'string' ? printable(value) : printable(JSON.stringify(value));
  return text.length > MAX_VALUE ? `${text.slice(0, MAX_VALUE)}...` : text;
}

/** All records as lines. */
export async function* recordLines(records: AsyncIterable<RecordDescription>): AsyncGenerator<string> {
  for await (const record of records) yield* renderRecord(record);
}

/** A record as lines: offset, length, number, name and path, then its fields. */
export function renderRecord(record: RecordDescription): string[] {
  const offset = record.offset.toString(16).padStart(OFFSET_DIGITS, '0');
  const type = record.type === null ? '' : String(record.type);
  const place = `${offset} ${String(record.length).padStart(8)} ${type.padStart(5)}`;
  const fields = Object.entries(record.fields).map(([name, value]) => `${name} ${valueText(value)}`);
  return [`${place} ${record.name.padEnd(NAME_WIDTH)} ${record.path}`, ...wrap(fields)];
}

const LINE_WIDTH = 110;
const INDENT = ' '.repeat(9);

function wrap(fields: readonly string[]): string[] {
  const lines: string[] = [];
  for (const field of fields) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + field.length + 2 <= LINE_WIDTH)
      lines[lines.length - 1] = `${last}, ${field}`;
    else lines.push(INDENT + field);
  }
  return lines;
}
