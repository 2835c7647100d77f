import { hexNumber } from '../format/layout/unit.js';
import { PAGE_BYTES } from '../format/model/page.js';
import { permissionText } from '../format/model/vm-flags.js';
import { vmaLabel } from './describe-vma.js';
import { addressLabels, type AddressLabel } from './space-label.js';
import type { VmaKind } from '../format/model/vma-kind.js';
import { UNCAPTURED_TEXTS } from '../format/model/uncaptured.js';
import type { MappedArea } from '../format/model/memory-map.js';
import type { PageStretch, Space } from './space.js';
import type { AddressFacts } from './why.js';
import type { AddressPlaces, Places } from './why-places.js';

/** A mapping; addresses in hex. */
export interface AreaDescription {
  readonly start: string;
  readonly end: string;
  readonly perms: string;
  readonly kind: VmaKind;
  /** Path, or the label that /proc/PID/maps has for the kind; `null` without either. */
  readonly name: string | null;
}

export interface PlaceDescription {
  readonly pids: readonly number[];
  readonly vaddr: string;
  /** As `parseAddress` takes it. */
  readonly label: string | null;
}

export interface PlacesDescription {
  readonly count: number;
  readonly first: readonly PlaceDescription[];
}

/** What an image knows of an address, as plain data; what is not known or does not apply is `null`. */
export interface AddressDescription {
  readonly vaddr: string;
  readonly label: string | null;
  readonly pids: readonly number[];
  readonly comm: string;
  readonly area: (AreaDescription & { readonly index: number; readonly pages: number }) | null;
  /** The mappings around an address that has none. */
  readonly below: AreaDescription | null;
  readonly above: AreaDescription | null;
  /** Bytes from the start of the mapping, and its page there. */
  readonly offsetInArea: number | null;
  readonly pageInArea: number | null;
  /** Bytes from the start of what is mapped. */
  readonly offsetInFile: string | null;
  readonly state: PageStretch['state'] | 'unmapped';
  /** Why the page was not captured, where it might be there; `null` where that is not so. */
  readonly uncaptured: string | null;
  /** Where byte and page lie in the image. */
  readonly byteOffset: number | null;
  readonly pageOffset: number | null;
  /** What was found by reading all memory; `null` where that was not asked for. */
  readonly places: {
    readonly shownAt: PlacesDescription;
    readonly equalPages: PlacesDescription | null;
    readonly pointers: PlacesDescription;
    readonly nearPointers: PlacesDescription;
    readonly scannedBytes: number;
  } | null;
}

function describeArea(area: MappedArea): AreaDescription {
  return {
    start: hexNumber(area.vm_start),
    end: hexNumber(area.vm_end),
    perms: permissionText(area.vm_flags),
    kind: area.kind,
    name: vmaLabel(area) ?? null,
  };
}

/** Names addresses in any of the spaces. */
function labelsOfAll(): (space: Space, vaddr: bigint) => string | null {
  const labels = new Map<Space, AddressLabel>();
  return (space, vaddr) => {
    const label = labels.get(space) ?? addressLabels(space);
    labels.set(space, label);
    return label(vaddr) ?? null;
  };
}

/** @param places  undefined where they were not looked for */
export function describeAddress(facts: AddressFacts, places: AddressPlaces | undefined): AddressDescription {
  const { vaddr, space, area, offsetInArea } = facts;
  const label = labelsOfAll();
  const describePlaces = ({ count, first }: Places): PlacesDescription => ({
    count,
    first: first.map((place) => ({
      pids: place.space.pids,
      vaddr: hexNumber(place.vaddr),
      label: label(place.space, place.vaddr),
    })),
  });
  const pages = area ? Number(area.vm_end - area.vm_start) / PAGE_BYTES : 0;
  return {
    vaddr: hexNumber(vaddr),
    label: label(space, vaddr),
    pids: space.pids,
    comm: space.comm,
    area: area ? { ...describeArea(area), index: facts.areaIndex ?? 0, pages } : null,
    below: facts.below ? describeArea(facts.below) : null,
    above: facts.above ? describeArea(facts.above) : null,
    offsetInArea: offsetInArea === undefined ? null : Number(offsetInArea),
    pageInArea: offsetInArea === undefined ? null : Math.floor(Number(offsetInArea) / PAGE_BYTES),
    offsetInFile: facts.offsetInFile === undefined ? null : hexNumber(facts.offsetInFile),
    state: facts.state ?? 'unmapped',
    uncaptured: facts.uncaptured === undefined ? null : UNCAPTURED_TEXTS[facts.uncaptured],
    byteOffset: facts.byteOffset ?? null,
    pageOffset: facts.pageOffset ?? null,
    places: places
      ? {
          shownAt: describePlaces(places.shownAt),
          equalPages: places.equalPages ? describePlaces(places.equalPages) : null,
          pointers: describePlaces(places.pointers),
          nearPointers: describePlaces(places.nearPointers),
          scannedBytes: places.scannedBytes,
        }
      : null,
  };
}
