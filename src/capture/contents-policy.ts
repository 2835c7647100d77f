import type { VmaFacts, HeapAndStack, Contents, VmaKind } from '../format/model/vma-kind.js';
import type { UncapturedReason } from '../format/model/uncaptured.js';
import { VMA_KINDS, kindOfVma } from '../format/model/vma-kind.js';
import { VM_FLAGS, hasFlag } from '../format/model/vm-flags.js';
import { vpnOf } from '../format/model/page.js';
import { checkOwnKinds, standIn, type OwnKind } from './own-kind.js';
import { matchesPath } from './path-glob.js';
import { parseMemorySpec, type MemorySpec } from './memory-spec.js';
import type { VpnRange } from './clipped-runs.js';

export interface ContentsOptions {
  /** Kinds of the caller's own, asked before the built-in ones. */
  readonly kinds?: readonly OwnKind[] | undefined;
  /** Memory that is captured though its kind is not: kinds, ranges `start-end` in hex, paths or globs of paths. */
  readonly include?: readonly string[] | undefined;
  /** Memory that is not captured, in the same way. A range says more than a path, and that more than a kind; else this wins. */
  readonly exclude?: readonly string[] | undefined;
}

/** What is captured of a mapping. */
export interface Choice {
  readonly kind: VmaKind;
  /** Of an own kind. */
  readonly kindName: string | undefined;
  readonly contents: Contents;
  /** Parts that are treated otherwise than the whole, ascending. */
  readonly parts: readonly Part[];
  /** Why there are no contents, or not all. */
  readonly reason: string;
  /** Why what is left out is not known, where a reader of the image would else take it for zero, or for the file. */
  readonly uncaptured: UncapturedReason | undefined;
}

/** A part of a mapping that `--include` or `--exclude` names. */
export interface Part extends VpnRange {
  readonly isIncluded: boolean;
}

/** Decides what is captured of each mapping. */
export interface ContentsPolicy {
  readonly kinds: readonly OwnKind[];
  choose(vma: VmaFacts, mm: HeapAndStack): Choice;
  /** Paths and ranges of `include` and `exclude` that no mapping had so far. */
  unmatched(): string[];
}

interface Wish {
  readonly spec: MemorySpec;
  readonly isIncluded: boolean;
}

const SHARED_BITS = VM_FLAGS.SHARED | VM_FLAGS.MAYSHARE;
/** From the least exact on. */
const EXACTNESS: readonly MemorySpec['by'][] = ['kind', 'path', 'range'];

/** In order of what they mean: the last that names a mapping decides. */
function wishesOf({ include = [], exclude = [] }: ContentsOptions, ownKinds: ReadonlySet<string>): Wish[] {
  const wishes = [
    ...include.map((text) => ({ spec: parseMemorySpec(text, ownKinds), isIncluded: true })),
    ...exclude.map((text) => ({ spec: parseMemorySpec(text, ownKinds), isIncluded: false })),
  ];
  return EXACTNESS.flatMap((by) => wishes.filter(({ spec }) => spec.by === by));
}

/** The part of a mapping that a text names. */
function namedPart(spec: MemorySpec, vma: VmaFacts, kind: string): VpnRange | undefined {
  const whole = { startVpn: vpnOf(vma.vm_start), endVpn: vpnOf(vma.vm_end) };
  if (spec.by === 'kind') return spec.kind === kind ? whole : undefined;
  if (spec.by === 'path') return vma.name !== undefined && matchesPath(spec.text, vma.name) ? whole : undefined;
  const startVpn = Math.max(spec.startVpn, whole.startVpn);
  const endVpn = Math.min(spec.endVpn, whole.endVpn);
  return startVpn < endVpn ? { startVpn, endVpn } : undefined;
}

/** How memory is captured whose kind has no contents by itself. */
export function includedContents(vma: VmaFacts, kind: VmaKind): Contents {
  if (hasFlag(vma.vm_flags, SHARED_BITS) || kind === 'hugetlb') return 'object';
  return vma.name === undefined ? 'existing' : 'written';
}

/** What a mapping is once the wish to have it dumped overrules that of its process. */
function includedKind(vma: VmaFacts, mm: HeapAndStack, kind: VmaKind): VmaKind {
  return kind === 'scratch' ? kindOfVma({ ...vma, live: undefined }, mm) : kind;
}

/** Private memory that is left out as a whole is like what nobody wants to be dumped. */
function excludedKind(kind: VmaKind): VmaKind {
  return VMA_KINDS[kind].ckpt === 'PRIVATE' && kind !== 'guard' ? 'scratch' : kind;
}

function overruled(
  plain: Choice,
  vma: VmaFacts,
  mm: HeapAndStack,
  named: readonly (Part & { text: string })[],
): Choice {
  const size = vpnOf(vma.vm_end) - vpnOf(vma.vm_start);
  const isWhole = ({ startVpn, endVpn }: VpnRange): boolean => endVpn - startVpn === size;
  const last = named.findLastIndex(isWhole);
  const whole = named[last];
  const parts = named.slice(last + 1);
  const isOut = whole?.isIncluded === false;
  const excluded = [...(isOut ? [whole] : []), ...parts.filter(({ isIncluded }) => !isIncluded)];
  const base = whole?.isIncluded === true ? included(plain, vma, mm) : plain;
  if (excluded.length === 0) return { ...base, parts };
  const reason = `excluded as ${excluded.map(({ text }) => text).join(', ')}`;
  const out = isOut ? { kind: excludedKind(base.kind), contents: 'none' as const } : {};
  return { ...base, ...out, parts, reason, uncaptured: 'excluded' };
}

function included(plain: Choice, vma: VmaFacts, mm: HeapAndStack): Choice {
  const contents = plain.contents === 'none' ? includedContents(vma, plain.kind) : plain.contents;
  return { ...plain, contents, kind: includedKind(vma, mm, plain.kind), uncaptured: undefined };
}

/** Guards have no contents; and of what other kinds leave out, their flags, names and places tell that it is not known. */
function uncapturedBy({
  kind,
  kindName,
  contents,
}: Pick<Choice, 'kind' | 'kindName' | 'contents'>): Choice['uncaptured'] {
  if (contents !== 'none' || VMA_KINDS[kind].absent === 'zero') return undefined;
  if (kindName === undefined) return kind === 'scratch' ? 'dontdump' : undefined;
  return isTold(kind) ? undefined : 'kind';
}

/** Whether every stream tells that what is absent in mappings of a kind is not known. */
function isTold(kind: VmaKind): boolean {
  return VMA_KINDS[kind].ckpt === 'BACKED' || VMA_KINDS[kind].ckpt === 'VDSO';
}

/** @throws {UsageError} `BAD_ARGUMENT` */
export function contentsPolicy(options: ContentsOptions): ContentsPolicy {
  const { kinds = [] } = options;
  checkOwnKinds(kinds);
  const wishes = wishesOf(options, new Set(kinds.map(({ name }) => name)));
  const matched = new Set<Wish>();
  return {
    kinds,
    choose(vma, mm) {
      const recognised = kindOfVma(vma, mm);
      const own = kinds.find((kind) => kind.is(vma, mm));
      const kind = own ? standIn(own, recognised) : recognised;
      const { contents, reason } = own ?? VMA_KINDS[recognised];
      const named = wishes.flatMap((wish) => {
        const part = namedPart(wish.spec, vma, own?.name ?? recognised);
        if (part) matched.add(wish);
        return part ? [{ ...part, isIncluded: wish.isIncluded, text: wish.spec.text }] : [];
      });
      const plain = { kind, kindName: own?.name, contents, reason, parts: [] };
      return overruled({ ...plain, uncaptured: uncapturedBy(plain) }, vma, mm, named);
    },
    unmatched() {
      return wishes.flatMap((wish) => (wish.spec.by === 'kind' || matched.has(wish) ? [] : [wish.spec.text]));
    },
  };
}
