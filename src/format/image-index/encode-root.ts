import { encode } from '@msgpack/msgpack';
import { bytesOf } from './columns.js';
import { ADDRESS_COLUMNS, COUNT_COLUMNS, NO_NAME, type IndexRoot, type StoredArea } from './root.js';

/** Numbers the values of a column that repeat. */
class Names {
  readonly list: string[] = [];
  readonly #numbers = new Map<string, number>();

  numberOf(name: string): number {
    const known = this.#numbers.get(name);
    if (known !== undefined) return known;
    this.#numbers.set(name, this.list.length);
    return this.list.push(name) - 1;
  }
}

/** By number of the mapping what it was captured as, where the stream has another kind; undefined for none. */
function capturedKinds(areas: readonly StoredArea[]): [area: number, kindName: string][] | undefined {
  const told = areas.flatMap(({ kindName }, i): [number, string][] => (kindName === undefined ? [] : [[i, kindName]]));
  return told.length === 0 ? undefined : told;
}

/** Numbers of the mappings that show objects which are whole in the image; undefined for none. */
function wholeObjects(areas: readonly StoredArea[]): number[] | undefined {
  const whole = areas.flatMap(({ isWholeObject }, i) => (isWholeObject ? [i] : []));
  return whole.length === 0 ? undefined : whole;
}

/** By number of the mapping what of it was not captured, and why; undefined for none. */
function uncapturedAreas(areas: readonly StoredArea[]): [number, string, Uint8Array, Uint8Array][] | undefined {
  const told = areas.flatMap(({ uncaptured }, i): [number, string, Uint8Array, Uint8Array][] =>
    uncaptured ? [[i, uncaptured.reason, bytesOf(uncaptured.ranges.vpn), bytesOf(uncaptured.ranges.nrPages)]] : [],
  );
  return told.length === 0 ? undefined : told;
}

/** The root of an index as a msgpack map, columns as binary. */
export function encodeRoot({ file, format, spaces, blocks, chunks, parent, capture }: IndexRoot): Uint8Array {
  const areas = spaces.flatMap((space) => space.areas);
  const [names, kinds] = [new Names(), new Names()];
  const captured = capturedKinds(areas);
  const columns = {
    ...Object.fromEntries(
      ADDRESS_COLUMNS.map((name) => [name, bytesOf(BigUint64Array.from(areas, (area) => area[name]))]),
    ),
    ...Object.fromEntries(COUNT_COLUMNS.map((name) => [name, bytesOf(Float64Array.from(areas, (area) => area[name]))])),
    kind: bytesOf(Uint8Array.from(areas, ({ kind }) => kinds.numberOf(kind))),
    name: bytesOf(Uint32Array.from(areas, ({ name }) => (name === undefined ? NO_NAME : names.numberOf(name)))),
  };
  const root = {
    file,
    // how it was found out is no fact of the image
    format: { ...format, decidedBy: undefined },
    spaces: spaces.map(({ pids, comm, areas: own }) => ({ pids, comm, areas: own.length })),
    areas: columns,
    names: names.list,
    kinds: kinds.list,
    captured,
    objects: wholeObjects(areas),
    uncaptured: uncapturedAreas(areas),
    blocks: {
      runs: bytesOf(blocks.runs),
      startVpn: bytesOf(blocks.startVpn),
      offset: bytesOf(blocks.offset),
      digest: bytesOf(blocks.digest),
    },
    chunks,
    parent,
    capture,
  };
  return encode(root, { useBigInt64: true, ignoreUndefined: true });
}
