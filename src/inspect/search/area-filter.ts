import { UsageError } from '../../format/errors.js';
import type { MappedArea, MappedSpace } from '../../format/model/memory-map.js';
import { isVmaKind } from '../../format/model/vma-kind.js';
import { parseRange, type AddressRange } from '../address-spec.js';
import type { AreaFilter } from './selection.js';

function rangeOf({ vm_start, vm_end }: MappedArea): AddressRange {
  return { start: vm_start, end: vm_end };
}

/** The memory of a space that a text names; an address alone stands for its mapping. @throws {UsageError} */
function rangesNamed(spec: string, space: MappedSpace): readonly AddressRange[] {
  const { areas } = space;
  if (isVmaKind(spec)) return areas.filter(({ kind }) => kind === spec).map(rangeOf);
  const ranges = parseRange(spec, space);
  const [first] = ranges;
  if (!first || ranges.length !== 1 || first.end !== first.start + 1n) return ranges;
  return areas.filter(({ vm_start, vm_end }) => vm_start <= first.start && first.start < vm_end).map(rangeOf);
}

/** Ascending, and none touching another. */
function merged(ranges: readonly AddressRange[]): AddressRange[] {
  const all: AddressRange[] = [];
  for (const range of ranges.toSorted((a, b) => (a.start < b.start ? -1 : 1))) {
    const last = all.at(-1);
    if (last === undefined || range.start > last.end) all.push(range);
    else if (range.end > last.end) all[all.length - 1] = { start: last.start, end: range.end };
  }
  return all;
}

/** What a text names in each space that has it. @throws {UsageError} if none has */
function rangesBySpace(spec: string, spaces: readonly MappedSpace[]): (readonly AddressRange[])[] {
  let failure: UsageError | undefined;
  const all = spaces.map((space) => {
    try {
      return rangesNamed(spec, space);
    } catch (error) {
      // another space may have it
      if (!(error instanceof UsageError)) throw error;
      failure ??= error;
      return [];
    }
  });
  if (all.some((ranges) => ranges.length > 0)) return all;
  throw failure ?? new UsageError('BAD_ARGUMENT', { what: `nothing is mapped as ${spec}` });
}

/**
 * The memory that one of `specs` names: an address (its mapping), a range `start-end`, `[heap]`, `[stack]`, a file or its
 * base name, or a kind of mapping such as `anon`.
 *
 * @param spaces  those that are looked at; each text has to name something in one of them
 * @throws {UsageError} `BAD_ARGUMENT`
 */
export function areaFilter(specs: readonly string[], spaces: readonly MappedSpace[]): AreaFilter {
  const named = specs.map((spec) => rangesBySpace(spec, spaces));
  const bySpace = new Map(spaces.map((space, i) => [space, merged(named.flatMap((ranges) => ranges[i] ?? []))]));
  return ({ vm_start, vm_end }, space) =>
    (bySpace.get(space) ?? []).filter(({ start, end }) => start < vm_end && vm_start < end);
}
