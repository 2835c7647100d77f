import * as fs from 'node:fs';
import type { LiveFacts } from '../format/model/vma-kind.js';
import { PAGEMAP } from './page-class.js';
import type { PageLookup } from './page-selection.js';
import { isGiant } from './populated.js';
import { procPath } from './proc-file.js';
import type { Mapping } from './smaps.js';

const DEVICES = '/dev/';
/** VmFlags of a mapping that has, or had, guard pages. */
const GUARD_CODE = 'gu';

/** 1 for every page that is no guard, by the top byte of its entry. */
const NO_GUARD = Uint8Array.from({ length: 256 }, (_, flags) => ((flags & PAGEMAP.GUARD) === 0 ? 1 : 0));

/** Whether all of a mapping is guard pages; one of a gigabyte and more is not looked at. */
function isGuard({ pagemap }: PageLookup, mapping: Mapping): boolean {
  const { startVpn, endVpn, anonymousPages, flagCodes } = mapping;
  if (anonymousPages > 0 || !flagCodes.includes(GUARD_CODE) || isGiant(mapping)) return false;
  let others = 0;
  pagemap.scan(startVpn, endVpn, NO_GUARD, (_class, _vpn, nrPages) => {
    others += nrPages;
  });
  return others === 0;
}

/** Whether the file of this name is a character device, and the one that is mapped. Where it cannot be seen: no. */
function isCharDevice(pid: number, { fileId }: Mapping, name: string | undefined): boolean {
  if (name?.startsWith(DEVICES) !== true) return false;
  const stat = fs.statSync(procPath(pid, `root${name}`), { throwIfNoEntry: false, bigint: true });
  return stat?.isCharacterDevice() === true && fileId.endsWith(` ${String(stat.ino)}`);
}

function isCharDeviceSeen(pid: number, mapping: Mapping, name: string | undefined): boolean {
  try {
    return isCharDevice(pid, mapping, name);
  } catch {
    // root of another user's process is not for all: flags of the mapping are left
    return false;
  }
}

/** What a living process tells of a mapping beside what images have. */
export function liveFactsOf(lookup: PageLookup, pid: number, mapping: Mapping, name: string | undefined): LiveFacts {
  const { flagCodes, fileId } = mapping;
  return {
    flagCodes,
    fileId,
    isCharDevice: isCharDeviceSeen(pid, mapping, name),
    isGuard: isGuard(lookup, mapping),
  };
}
