import { PAGE_BYTES, vpnOf } from '../format/model/page.js';
import { hasPage } from '../format/model/page-ranges.js';
import type { UncapturedReason } from '../format/model/uncaptured.js';
import { checkRange } from './space-errors.js';
import type { MappedArea } from '../format/model/memory-map.js';
import type { PageStretch, Space } from './space.js';

/** What an image knows of one address. */
export interface AddressFacts {
  readonly vaddr: bigint;
  readonly space: Space;
  /** The mapping that has it; undefined where nothing is mapped. */
  readonly area: MappedArea | undefined;
  /** The mapping's number in its space. */
  readonly areaIndex: number | undefined;
  /** Where nothing is mapped: the mappings around it. */
  readonly below: MappedArea | undefined;
  readonly above: MappedArea | undefined;
  /** In bytes from the start of the mapping. */
  readonly offsetInArea: bigint | undefined;
  /** In bytes from the start of what is mapped, where that has a name. */
  readonly offsetInFile: bigint | undefined;
  /** Why the page was not captured, where it might be there. */
  readonly uncaptured: UncapturedReason | undefined;
  /** How the image has the page. */
  readonly state: PageStretch['state'] | undefined;
  /** Where the byte lies in the image, and the page; undefined unless it is held. */
  readonly byteOffset: number | undefined;
  readonly pageOffset: number | undefined;
}

const WITHIN_PAGE = BigInt(PAGE_BYTES - 1);
const NOT_MAPPED = {
  area: undefined,
  areaIndex: undefined,
  offsetInArea: undefined,
  offsetInFile: undefined,
  uncaptured: undefined,
  state: undefined,
  byteOffset: undefined,
  pageOffset: undefined,
} as const;

async function pageAt(space: Space, vaddr: bigint): Promise<PageStretch | undefined> {
  for await (const stretch of space.pages({ start: vaddr, end: vaddr + 1n })) return stretch;
  return undefined;
}

/** Explains an address from the tables alone. @throws {UsageError} beyond 64 bits; what loading a table throws */
export async function explainAddress(space: Space, vaddr: bigint): Promise<AddressFacts> {
  checkRange(vaddr, 1n);
  const page = await pageAt(space, vaddr);
  if (page === undefined) {
    const above = space.areas.find((area) => area.vm_start > vaddr);
    const below = space.areas.findLast((area) => area.vm_end <= vaddr);
    return { vaddr, space, ...NOT_MAPPED, below, above };
  }
  const { area, state, offset } = page;
  const offsetInArea = vaddr - area.vm_start;
  const isUncaptured = state === 'backing' && !!area.uncaptured && hasPage(area.uncaptured.ranges, vpnOf(vaddr));
  const inFile = area.vm_pgoff * BigInt(PAGE_BYTES) + offsetInArea;
  return {
    vaddr,
    space,
    area,
    areaIndex: space.areas.indexOf(area),
    below: undefined,
    above: undefined,
    offsetInArea,
    offsetInFile: area.name === undefined ? undefined : inFile,
    uncaptured: isUncaptured ? area.uncaptured.reason : undefined,
    state,
    byteOffset: offset === undefined ? undefined : offset + Number(vaddr & WITHIN_PAGE),
    pageOffset: offset,
  };
}
