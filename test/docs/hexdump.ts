import { MemorySource } from '../../src/format/bytes/memory.js';
import type { RecordDescription } from '../../src/format/layout/record.js';
import { readRecords } from '../../src/format/registry.js';
import { renderRecord } from '../../src/cli/render/records.js';
import { goldenBytes } from '../support/golden.js';

const LINE_BYTES = 16;
/** Of records that are longer than `LONG_BYTES`, such as page contents, only the first lines are shown. */
const LONG_BYTES = 400;
const LONG_LINES = 3;

function isZero(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte === 0);
}

function line(bytes: Uint8Array, offset: number): string {
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, '0'));
  const left = hex.slice(0, 8).join(' ').padEnd(23);
  const right = hex.slice(8).join(' ').padEnd(23);
  const ascii = [...bytes].map((byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '.')).join('');
  return `${offset.toString(16).padStart(8, '0')}  ${left}  ${right}  |${ascii}|`;
}

/** Bytes as `hexdump -C` prints them; lines of zeros are counted. */
function dump(bytes: Uint8Array, start: number): string[] {
  const lines: string[] = [];
  let zeros = 0;
  const tell = (): void => {
    if (zeros > 0) lines.push(`          ${zeros} zero bytes`);
    zeros = 0;
  };
  for (let at = 0; at < bytes.length; at += LINE_BYTES) {
    const part = bytes.subarray(at, at + LINE_BYTES);
    if (isZero(part) && part.length === LINE_BYTES) {
      zeros += LINE_BYTES;
      continue;
    }
    tell();
    if (bytes.length > LONG_BYTES && lines.length === LONG_LINES)
      return [...lines, `          ${bytes.length - at} more bytes`];
    lines.push(line(part, start + at));
  }
  tell();
  return lines;
}

async function dumpRecords(name: string, isWanted: (record: RecordDescription) => boolean): Promise<string> {
  const bytes = goldenBytes(name);
  const lines: string[] = [];
  for await (const record of readRecords(new MemorySource(bytes))) {
    if (!isWanted(record)) continue;
    const [, ...fields] = renderRecord(record);
    const number = record.type === null ? 'no header' : `type ${record.type}`;
    lines.push(`${record.path}: ${record.name}, ${number}, ${record.length} bytes`);
    lines.push(...dump(bytes.subarray(record.offset, record.offset + record.length), record.offset), ...fields, '');
  }
  return ['```', ...lines.slice(0, -1), '```'].join('\n');
}

/** A golden image, byte for byte, with what each record says. */
export async function wholeImage(name: string): Promise<string> {
  return dumpRecords(name, () => true);
}

/** The records of these paths, in the order of the image. @throws {RangeError} if it has none of one */
export async function fragments(image: string, paths: readonly string[]): Promise<string> {
  const missing = new Set(paths);
  const text = await dumpRecords(image, ({ path }) => {
    missing.delete(path);
    return paths.includes(path);
  });
  if (missing.size > 0) throw new RangeError(`${image} has no ${[...missing].join(', ')}`);
  return text;
}
