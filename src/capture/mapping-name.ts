import * as fs from 'node:fs';
import { decodeText } from '../format/bytes/text.js';
import { vaddrOf } from '../format/model/page.js';
import { procPath } from './proc-file.js';
import type { Mapping } from './smaps.js';

/** /proc/PID/maps writes a newline in a path as `\012` and leaves backslashes alone, so both look the same. */
const ESCAPED_NEWLINE = /\\012/g;

/** Names in brackets are the kernel's own: `[heap]`, `[vdso]`, `[anon:...]`. */
function hasFileName(mapping: Mapping): boolean {
  return mapping.path !== '' && !mapping.path.startsWith('[');
}

/** The path printed in maps with the escape taken for a newline. */
export function unescapePath(path: string): string {
  return path.replace(ESCAPED_NEWLINE, '\n');
}

/** The path of what is mapped, or undefined for memory that has none. Reads map_files where maps is ambiguous. */
export function nameOfMapping(pid: number, mapping: Mapping): string | undefined {
  if (!hasFileName(mapping)) return undefined;
  if (!mapping.path.includes('\\')) return mapping.path;
  const address = (vpn: number): string => vaddrOf(vpn).toString(16);
  const link = procPath(pid, `map_files/${address(mapping.startVpn)}-${address(mapping.endVpn)}`);
  try {
    return decodeText(fs.readlinkSync(link, { encoding: 'buffer' }));
  } catch {
    // the directory needs more rights than maps: the likelier reading is left
    return unescapePath(mapping.path);
  }
}
