import { hexNumber } from '../../format/layout/unit.js';
import type { DigestDifference } from './compare.js';
import type { ImageDigest, PartDigest, SpaceDigest, VmaDigest } from './digest.js';

interface VmaDigestDescription extends PartDigest {
  readonly start: string;
  readonly end: string;
}

interface SpaceDigestDescription extends Omit<SpaceDigest, 'vmas'> {
  readonly vmas?: readonly VmaDigestDescription[];
}

/** A digest, ready for `JSON.stringify`. */
export interface DigestDescription extends Omit<ImageDigest, 'spaces'> {
  readonly spaces: readonly SpaceDigestDescription[];
}

/** A difference, ready for `JSON.stringify`. */
export type DifferenceDescription = Readonly<Record<string, string | number>>;

export interface DescribeDigestOptions {
  /** Also the digest of each mapping. Default false. */
  readonly withVmas?: boolean;
}

function describeVma({ start, end, digest, pages }: VmaDigest): VmaDigestDescription {
  return { start: hexNumber(start), end: hexNumber(end), digest, pages };
}

export function describeDigest(digest: ImageDigest, options: DescribeDigestOptions = {}): DigestDescription {
  const spaces = digest.spaces.map(({ vmas, ...space }) => {
    return options.withVmas === true ? { ...space, vmas: vmas.map(describeVma) } : space;
  });
  return { ...digest, spaces };
}

export function describeDifference(difference: DigestDifference): DifferenceDescription {
  if (difference.part !== 'pages') return { ...difference };
  const { start, end, ...rest } = difference;
  return { ...rest, start: hexNumber(start), end: hexNumber(end) };
}
