import type { AddressRange } from '../address-spec.js';
import type { MappedArea, MappedSpace, MemoryMap } from '../../format/model/memory-map.js';

/** The parts of a mapping that are looked at, ascending; their borders are borders of memory. */
export type AreaFilter = (area: MappedArea, space: MappedSpace) => readonly AddressRange[];

/** Which memory is looked at. */
export interface MemorySelection {
  /** Only address spaces of these tasks. */
  readonly pids?: readonly number[] | undefined;
  /** Only these parts. */
  readonly within?: AreaFilter | undefined;
}

function wholeArea({ vm_start, vm_end }: MappedArea): AddressRange[] {
  return [{ start: vm_start, end: vm_end }];
}

function clipped({ start, end }: AddressRange, { vm_start, vm_end }: MappedArea): AddressRange {
  return { start: start > vm_start ? start : vm_start, end: end < vm_end ? end : vm_end };
}

/** The address spaces that are looked at, with their index in the map. */
export function selectedSpaces(map: MemoryMap, { pids }: MemorySelection): [index: number, space: MappedSpace][] {
  return [...map.spaces.entries()].filter(([, space]) => !pids || space.pids.some((pid) => pids.includes(pid)));
}

/** The parts of a mapping that are looked at, none of them empty. */
export function selectedRanges(area: MappedArea, space: MappedSpace, { within }: MemorySelection): AddressRange[] {
  const ranges = within ? within(area, space) : wholeArea(area);
  return ranges.map((range) => clipped(range, area)).filter(({ start, end }) => start < end);
}

/** Bytes of held pages in the mappings that are looked at, also where only a part of one is. */
export function selectedBytes(map: MemoryMap, selection: MemorySelection, pageBytes: number): number {
  let pages = 0;
  for (const [, space] of selectedSpaces(map, selection))
    for (const area of space.areas)
      if (selectedRanges(area, space, selection).length > 0) pages += area.pages.totalPages;
  return pages * pageBytes;
}
