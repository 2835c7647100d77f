import { hexNumber } from '../format/layout/unit.js';
import { vmaLabel } from './describe-vma.js';
import { parseAddress } from './address-spec.js';
import { UsageError } from '../format/errors.js';
import type { MappedArea, MappedSpace } from '../format/model/memory-map.js';
import type { Space } from './space.js';

/** What an address is in words that `parseAddress` takes, or undefined where nothing is mapped. */
export type AddressLabel = (vaddr: bigint) => string | undefined;

interface Base {
  readonly text: string;
  readonly vaddr: bigint;
}

function isReadBack(base: Base, space: MappedSpace): boolean {
  try {
    return base.text !== '' && parseAddress(base.text, space) === base.vaddr;
  } catch (error) {
    if (error instanceof UsageError) return false;
    throw error;
  }
}

/** The shortest name that leads back to the mapping: the last part of its path, the path, or its number. */
function baseOf(area: MappedArea, index: number, space: MappedSpace): Base {
  const name = vmaLabel(area);
  const own: Base = { text: `vma[${String(index)}]`, vaddr: area.vm_start };
  if (name === undefined) return own;
  const lowest = space.areas.find((other) => vmaLabel(other) === name) ?? area;
  const texts = [name.slice(name.lastIndexOf('/') + 1), name];
  const named = texts.map((text) => ({ text, vaddr: lowest.vm_start })).find((base) => isReadBack(base, space));
  return named ?? own;
}

/**
 * Names addresses: `libc.so.6+0x1234`, `[stack]+0x10`, `vma[3]+0x8`. Each name is looked up once.
 *
 * Offsets count from the lowest mapping of the name.
 */
export function addressLabels(space: Space): AddressLabel {
  const bases = new Map<MappedArea | string, Base>();
  const indices = new Map(space.areas.map((area, index) => [area, index]));
  return (vaddr) => {
    const area = space.areaAt(vaddr);
    if (area === undefined) return undefined;
    const key = vmaLabel(area) ?? area;
    const base = bases.get(key) ?? bases.get(area) ?? baseOf(area, indices.get(area) ?? 0, space);
    // a number holds for its mapping only
    bases.set(base.text.startsWith('vma[') ? area : key, base);
    return vaddr === base.vaddr ? base.text : `${base.text}+${hexNumber(vaddr - base.vaddr)}`;
  };
}
