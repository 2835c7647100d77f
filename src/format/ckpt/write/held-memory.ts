import type { AddressSpace, OpenFile, Vma } from '../../model/image.js';
import { PAGE_BYTES, vpnOf } from '../../model/page.js';
import { rangesMoved, rangesShown, type PageRanges } from '../../model/page-ranges.js';
import { uncapturedShown } from '../../model/uncaptured.js';
import { NO_PAGES } from '../../model/page-runs.js';
import type { SharedMemory } from '../../model/shared-memory.js';
import { capturedKind, segmentName } from '../../model/vma-kind.js';
import { auxvWords } from './auxv-length.js';
import { hasPath } from './file-types.js';
import type { HeldFiles } from './held-files.js';
import type { Holding } from './holding.js';
import { pagesByIndex, shownBy, windowOf } from './page-index.js';
import { vmaTypeOf } from './vma-types.js';

/** One past the highest index of a page of shared memory: of sizes in 64 bits, and of indices in 32. */
const INDEX_END: Readonly<Record<4 | 8, bigint>> = { 4: 1n << 32n, 8: 1n << 52n };
const PAGE = BigInt(PAGE_BYTES);

/** Of files without a size the model says nothing. */
function sizeOf(fileBytes: bigint | undefined): Pick<Vma, 'fileBytes'> {
  return fileBytes === undefined || fileBytes === 0n ? {} : { fileBytes };
}

/** The address spaces and the shared memory of an image as the target has them. */
export class HeldMemory {
  readonly #holding: Holding;
  readonly #files: HeldFiles;
  readonly #segments: ReadonlyMap<SharedMemory, number>;
  readonly #spaces = new Map<AddressSpace, AddressSpace>();
  readonly #shared = new Map<SharedMemory, SharedMemory>();

  /** @param segments  memory that stands behind an IPC_SHM record, and its key */
  constructor(holding: Holding, files: HeldFiles, segments: ReadonlyMap<SharedMemory, number>) {
    this.#holding = holding;
    this.#files = files;
    this.#segments = segments;
  }

  readonly memory = (memory: SharedMemory): SharedMemory => {
    const known = this.#shared.get(memory);
    if (known) return known;
    const { segment: _, ...rest } = memory;
    const held = { ...rest, id: this.#holding.ids.claim(memory.id) };
    this.#shared.set(memory, held);
    return held;
  };

  space(mm: AddressSpace, path: string): AddressSpace {
    const known = this.#spaces.get(mm);
    if (known) return known;
    const { ids, revision } = this.#holding;
    const id = ids.claim(mm.id);
    const exe = mm.exe && this.#files.file(mm.exe, `${path}.exe`);
    const vmas = mm.vmas.map((vma, i) => this.#vma(vma, mm, `${path}.vma[${String(i)}]`));
    const hasFlags = revision.shapes.MM?.layouts[0]?.fields.some(({ name }) => name === 'def_flags') === true;
    const flags = hasFlags ? { def_flags: mm.def_flags ?? 0n, flags: mm.flags ?? 0n } : undefined;
    if (!flags) this.#loseFlags(mm, path);
    const auxv = this.#auxv(mm, path);
    const { def_flags: _, flags: __, exe: ___, auxv: ____, ...rest } = mm;
    const vdso = mm.vdso ?? mm.vmas.find(({ kind }) => kind === 'vdso')?.vm_start ?? 0n;
    const held = { ...rest, id, vmas, vdso, ...flags, ...(exe && { exe }), ...(auxv && { auxv }) };
    this.#spaces.set(mm, held);
    return held;
  }

  #loseFlags({ def_flags = 0n, flags = 0n }: AddressSpace, path: string): void {
    if (def_flags !== 0n || flags !== 0n)
      this.#holding.lose(path, 'def_flags and flags', 'has no room for them in MM', 16);
  }

  #auxv({ auxv }: AddressSpace, path: string): readonly bigint[] | undefined {
    const { revision, image, wordBytes, lose } = this.#holding;
    if (revision.auxv === 'none') {
      if (auxv?.some((word) => word !== 0n)) lose(path, 'the auxiliary vector', 'has none', auxv.length * wordBytes);
      return undefined;
    }
    const words = auxvWords(image);
    const bits = revision.auxv === 'u64' ? 64 : wordBytes * 8;
    const given = auxv ?? [];
    const isCut = given.length > words || given.some((word) => BigInt.asUintN(bits, word) !== word);
    if (isCut)
      lose(
        path,
        'the end of the auxiliary vector',
        `has ${String(words)} words for it`,
        (given.length - words) * wordBytes,
      );
    return Array.from({ length: words }, (_, i) => BigInt.asUintN(bits, given[i] ?? 0n));
  }

  #hugetlbShift({ hugetlb_shift = 0 }: Vma, path: string): Pick<Vma, 'hugetlb_shift'> {
    if (hugetlb_shift === 0) return {};
    const hasRoom = this.#holding.revision.shapes.VMA?.layouts[0]?.fields.some(({ name }) => name === 'hugetlb_shift');
    if (hasRoom === true) return { hugetlb_shift };
    this.#holding.lose(path, `hugetlb_shift ${String(hugetlb_shift)}`, 'has no room for it in VMA');
    return {};
  }

  #vma(vma: Vma, mm: AddressSpace, path: string): Vma {
    const { lose } = this.#holding;
    const key = this.#segmentKey(vma);
    const file = key === undefined ? this.#fileOf(vma, path) : undefined;
    const named = { ...vma, name: this.#nameOf(vma, file, key, path) };
    const { type, kind } = vmaTypeOf(named, mm, (memory) => this.#segments.has(memory));
    if (kind !== vma.kind) lose(path, `that it is a ${vma.kind} mapping`, `gives it as ${kind}`);
    const { shared: _, pages: given, parentPages, uncaptured, fileBytes, hugetlb_shift: __, ...known } = named;
    const { leftOut: ___, kindName: ____, ...rest } = known;
    const held = { ...rest, kind, ...capturedKind(vma, kind), ...(file && { file }), ...this.#hugetlbShift(vma, path) };
    if (type === 'SHM_ANON' || type === 'SHM_IPC_SKIP') {
      const shared = this.memory(vma.shared ?? this.#ownMemory(vma));
      const pages = shownBy(vma, shared.pages);
      const left = rangesShown(shared.parentPages, windowOf(vma));
      const unknown = uncapturedShown(shared.uncaptured, windowOf(vma)) ?? uncaptured;
      const elsewhere = { ...(left && { parentPages: left }), ...(unknown && { uncaptured: unknown }) };
      this.#losePages(given.totalPages - pages.totalPages, path);
      const sizeBytes = type === 'SHM_ANON' ? shared.sizeBytes : (fileBytes ?? shared.sizeBytes);
      return { ...held, pages, ...elsewhere, shared, ...sizeOf(sizeBytes) };
    }
    const hasContents = type === 'ANON' || type === 'FILE';
    if (!hasContents) this.#losePages(given.totalPages + (parentPages?.totalPages ?? 0), path);
    const elsewhere = { ...(parentPages && { parentPages }), ...(uncaptured && { uncaptured }) };
    return { ...held, pages: hasContents ? given : NO_PAGES, ...(hasContents && elsewhere), ...sizeOf(fileBytes) };
  }

  /** The key of the segment that a mapping shows, if it is written as one. */
  #segmentKey({ kind, shared }: Vma): number | undefined {
    return kind === 'sysv' && shared ? this.#segments.get(shared) : undefined;
  }

  /** A mapping of a segment has no file, and is called after its key. */
  #nameOf(vma: Vma, file: OpenFile | undefined, key: number | undefined, path: string): string | undefined {
    if (key === undefined) return file && hasPath(file) ? file.name : undefined;
    const name = segmentName(key);
    if (vma.name !== name) this.#holding.lose(path, `that it is called ${vma.name ?? 'nothing'}`, `calls it ${name}`);
    return name;
  }

  #losePages(pages: number, path: string): void {
    if (pages > 0)
      this.#holding.lose(path, `${String(pages)} pages`, 'has no contents of such mappings', pages * PAGE_BYTES);
  }

  /** The file that a name comes from; where only the name is known, or another one, a file for that. */
  #fileOf({ name, file }: Vma, path: string): ReturnType<HeldFiles['file']> | undefined {
    const held = file && this.#files.file(file, `${path}.file`);
    if (held && (name === undefined || file.name === name)) return held;
    if (name === undefined) return undefined;
    return this.#files.mapped(name);
  }

  /** Memory that is known only as the pages of one mapping. */
  #ownMemory(vma: Vma): SharedMemory {
    const end = vma.vm_pgoff + (vma.vm_end - vma.vm_start) / PAGE;
    // an index that has no room leaves the pages out, and with them the need of the size
    if (end > INDEX_END[this.#holding.wordBytes])
      return { id: undefined, sizeBytes: vma.vm_end - vma.vm_start, pages: NO_PAGES };
    const { parentPages, uncaptured, vm_start, vm_pgoff } = vma;
    const moved = (ranges: PageRanges): PageRanges => rangesMoved(ranges, Number(vm_pgoff) - vpnOf(vm_start));
    return {
      ...{ id: undefined, sizeBytes: end * PAGE, pages: pagesByIndex(vma) },
      ...(parentPages && { parentPages: moved(parentPages) }),
      ...(uncaptured && { uncaptured: { ...uncaptured, ranges: moved(uncaptured.ranges) } }),
    };
  }
}
