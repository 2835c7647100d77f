import { UsageError } from '../format/errors.js';
import {
  isVmaKind,
  type AbsentPage,
  type Contents,
  type HeapAndStack,
  type VmaFacts,
  type VmaKind,
  VMA_KINDS,
} from '../format/model/vma-kind.js';

/** A kind of mapping that the library does not know by itself, such as those of a driver. */
export interface OwnKind {
  /** Letters, digits and dashes; none of the names of `VMA_KINDS`. */
  readonly name: string;
  /** Asked while the process stands still: it has to be quick, and must not wait. `vma.live` is there. */
  readonly is: (vma: VmaFacts, mm: HeapAndStack) => boolean;
  readonly contents: Contents;
  /** What pages read as that are not captured. */
  readonly absent: AbsentPage;
  /** Why its contents are captured or not, for people. */
  readonly reason: string;
}

const NAME = /^[A-Za-z][A-Za-z0-9-]{0,63}$/;
const CONTENTS: readonly Contents[] = ['none', 'all', 'existing', 'written', 'object'];
const ABSENT: readonly AbsentPage[] = ['zero', 'backing'];

function expect(isGood: boolean, what: string, expected: string, actual: unknown): void {
  if (!isGood) throw new UsageError('BAD_ARGUMENT', { what, expected, actual: String(actual) });
}

/** @throws {UsageError} `BAD_ARGUMENT` if a kind is not what one has to be, or two have a name */
export function checkOwnKinds(kinds: readonly OwnKind[]): void {
  const seen = new Set<string>();
  for (const { name, is, contents, absent, reason } of kinds) {
    expect(NAME.test(name), 'name of a kind', 'letters, digits and dashes', name);
    expect(!isVmaKind(name) && !seen.has(name), 'name of a kind', 'one that no other kind has', name);
    expect(typeof is === 'function', `is of kind ${name}`, 'a function', typeof is);
    expect(CONTENTS.includes(contents), `contents of kind ${name}`, CONTENTS.join(', '), contents);
    expect(ABSENT.includes(absent), `absent of kind ${name}`, ABSENT.join(', '), absent);
    expect(typeof reason === 'string', `reason of kind ${name}`, 'text', typeof reason);
    seen.add(name);
  }
}

/** The kind that stands for an own one in images: the recognised one, unless absent pages of that read as something else. */
export function standIn({ absent }: OwnKind, recognised: VmaKind): VmaKind {
  if (VMA_KINDS[recognised].absent === absent) return recognised;
  return absent === 'zero' ? 'anon' : 'scratch';
}
