import type { ImageFormat } from '../format/model/image.js';
import { WRITER_NAMES } from '../format/registry.js';

/** `v19` of `v19-rc3`. */
const RELEASE = /v(\d+)/g;

function releasesIn(text: string): number[] {
  return [...text.matchAll(RELEASE)].map(([, digits]) => Number(digits));
}

/** How a format is written that is the same, or nearly so. */
export interface NearestWriter {
  readonly name: string;
  /** Whether what is written is of the revision that was read. */
  readonly isSame: boolean;
}

/**
 * The writer for images like one that was read: the newest of the revisions that its bytes may be of, else the one whose
 * release is nearest, the newer of two.
 *
 * @param names  of the writers, oldest first
 */
export function nearestWriter(format: ImageFormat, names: readonly string[] = WRITER_NAMES): NearestWriter {
  const plain = /^v\d+(?:-v\d+)?$/.test(format.covers);
  const releases = releasesIn(plain ? format.covers : format.revision);
  const [oldest, newest] = [Math.min(...releases), Math.max(...releases)];
  const releaseOf = (name: string): number => releasesIn(name)[0] ?? 0;
  const isPlain = (name: string): boolean => /^v\d+$/.test(name);
  const covered = names.filter((name) => isPlain(name) && releaseOf(name) >= oldest && releaseOf(name) <= newest);
  const own = (plain ? covered.at(-1) : undefined) ?? names.find((name) => name === format.revision);
  if (own !== undefined) return { name: own, isSame: true };
  const distance = (name: string): number => Math.abs(releaseOf(name) - newest);
  // sorting keeps the order of equals
  const [nearest = ''] = names.toReversed().sort((a, b) => distance(a) - distance(b));
  return { name: nearest, isSame: false };
}
