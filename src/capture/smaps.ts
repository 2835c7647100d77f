import { decodeText } from '../format/bytes/text.js';
import { PAGE_BYTES } from '../format/model/page.js';

const PAGES_PER_KIB = 1024 / PAGE_BYTES;
/** Hexadecimal digits of an address that lie below the page number. */
const PAGE_DIGITS = 3;

/** One mapping as /proc/PID/smaps (or maps, without counts and flags) describes it. */
export interface Mapping {
  readonly startVpn: number;
  /** First page behind the mapping. */
  readonly endVpn: number;
  /** Offset in the mapped file, in pages. */
  readonly offsetPages: number;
  /** Device and inode of the mapped file; `00:00 0` for memory without one. */
  readonly fileId: string;
  /** As printed: with a newline as `\012`; empty for memory without a name. */
  readonly path: string;
  /** Pages that are mapped, whosever they are. */
  readonly residentPages: number;
  /** Anonymous pages that are mapped; the zero page is not counted. */
  readonly anonymousPages: number;
  readonly swappedPages: number;
  /** The two-letter codes of VmFlags, unknown ones and `??` among them. */
  readonly flagCodes: readonly string[];
}

const HEADER = /^([0-9a-f]+)-([0-9a-f]+) \S+ ([0-9a-f]+) (\S+ \d+) *([^]*)$/;

function pageNumber(hex: string): number {
  return parseInt(hex.slice(0, -PAGE_DIGITS) || '0', 16);
}

function startMapping(line: string): Mapping | undefined {
  const match = HEADER.exec(line);
  if (!match) return undefined;
  const [, start = '', end = '', offset = '', fileId = '', path = ''] = match;
  return {
    startVpn: pageNumber(start),
    endVpn: pageNumber(end),
    offsetPages: pageNumber(offset),
    fileId,
    path: decodeText(Buffer.from(path, 'latin1')),
    residentPages: 0,
    anonymousPages: 0,
    swappedPages: 0,
    flagCodes: [],
  };
}

function pagesIn(line: string): number {
  return parseInt(line.slice(line.indexOf(':') + 1), 10) * PAGES_PER_KIB;
}

/** The lines below a mapping that matter here, and what each says of it. */
const DETAILS: Readonly<Record<string, (line: string) => Partial<Mapping>>> = {
  Rss: (line) => ({ residentPages: pagesIn(line) }),
  Anonymous: (line) => ({ anonymousPages: pagesIn(line) }),
  Swap: (line) => ({ swappedPages: pagesIn(line) }),
  VmFlags: (line) => ({ flagCodes: line.slice(line.indexOf(':') + 1).match(/\S+/g) ?? [] }),
};

/** Header lines begin with an address in lower case, all others with a capital. */
function isHeader(line: string): boolean {
  return line.charCodeAt(0) < 0x41 || line.charCodeAt(0) > 0x5a;
}

/**
 * Reads /proc/PID/smaps or /proc/PID/maps: all mappings, in the kernel's order (ascending).
 *
 * Source: spec/proc.md 5.
 */
export function parseSmaps(bytes: Uint8Array): Mapping[] {
  const mappings: Mapping[] = [];
  let current: Mapping | undefined;
  for (const line of Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1').split('\n')) {
    if (line === '') continue;
    if (isHeader(line)) {
      current = startMapping(line);
      if (current) mappings.push(current);
    } else if (current) {
      Object.assign(current, DETAILS[line.slice(0, line.indexOf(':'))]?.(line));
    }
  }
  return mappings;
}
