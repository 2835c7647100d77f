import { VMA_KINDS, type VmaKind } from '../../format/model/vma-kind.js';
import { hexBytes } from '../../format/layout/unit.js';
import { bencode, type Plain } from './bencode.js';
import { PageHasher, type DigestOptions } from './page-hasher.js';
import { sha256 } from './sha256.js';
import { refuseMissingPages } from '../layer-pages.js';
import { structureOf, type ImageStructure, type SpaceStructure } from './structure.js';
import type { Image } from '../../format/model/image.js';

/** What the definition is called; another definition has another name. Source: docs/digest.md. */
const DEFINITION = 'crit-digest-2';

export interface TaskDigest {
  readonly pid: number;
  /** Of the task without its memory. */
  readonly structure: string;
  /** Index of its memory in `spaces`; `null` for a task without. */
  readonly space: number | null;
}

/** The pages of a mapping, or those of a shared memory that no mapping shows. */
export interface PartDigest {
  readonly digest: string;
  /** Pages that count: held, and not zero where absence means that. */
  readonly pages: number;
}

export interface VmaDigest extends PartDigest {
  readonly start: bigint;
  readonly end: bigint;
}

export interface SpaceDigest {
  /** The tasks that have it. */
  readonly pids: readonly number[];
  /** Of the address space and its mappings, without their pages. */
  readonly structure: string;
  /** Of the pages of all mappings. */
  readonly digest: string;
  readonly vmas: readonly VmaDigest[];
}

/** SHA-256 digests of an image and its parts, in hex: equal for images of equal state, whatever format holds it. */
export interface ImageDigest {
  /** Of structure and pages. */
  readonly id: string;
  readonly structure: string;
  readonly pages: string;
  /** Of what the image says of machine and checkpoint. */
  readonly header: string;
  readonly tasks: readonly TaskDigest[];
  /** Each once, in the order of the tasks. */
  readonly spaces: readonly SpaceDigest[];
  /** Shared memory in the order in which it is met. */
  readonly hidden: readonly PartDigest[];
}

/** A digest as bytes, for the digest above it. */
interface Hashed<T> {
  readonly bytes: Uint8Array;
  readonly part: T;
}

/** Digests of a list, for the one above them: `[name, ...]`. */
function node(name: string, parts: readonly Plain[]): Promise<Uint8Array> {
  return sha256(bencode([DEFINITION, name, ...parts]));
}

async function hashTasks({ tasks }: ImageStructure): Promise<Hashed<TaskDigest>[]> {
  const hashed: Hashed<TaskDigest>[] = [];
  for (const { pid, space, encoded } of tasks) {
    const bytes = await sha256(encoded);
    hashed.push({ bytes, part: { pid, structure: hexBytes(bytes), space } });
  }
  return hashed;
}

interface SpaceHashes {
  readonly structure: Uint8Array;
  readonly pages: Uint8Array;
  readonly part: SpaceDigest;
}

/** A page of zeros is as good as none, also in memory that may be shared: an object that is held has no others. */
function isZeroAbsent(kind: VmaKind): boolean {
  const { absent, contents } = VMA_KINDS[kind];
  return absent === 'zero' || contents === 'object';
}

async function hashSpace({ pids, space, encoded }: SpaceStructure, hasher: PageHasher): Promise<SpaceHashes> {
  const vmas: VmaDigest[] = [];
  const entries: Plain[] = [];
  for (const { vm_start, vm_end, kind, pages: runs, uncaptured } of space.vmas) {
    const { digest, pages } = await hasher.digest(runs, isZeroAbsent(kind) && !uncaptured);
    vmas.push({ start: vm_start, end: vm_end, digest: hexBytes(digest), pages });
    entries.push([vm_start, vm_end, digest]);
  }
  const [structure, pages] = [await sha256(encoded), await node('space', entries)];
  return { structure, pages, part: { pids, structure: hexBytes(structure), digest: hexBytes(pages), vmas } };
}

async function hashHidden({ hidden }: ImageStructure, hasher: PageHasher): Promise<Hashed<PartDigest>[]> {
  const hashed: Hashed<PartDigest>[] = [];
  for (const runs of hidden) {
    const { digest: bytes, pages } = await hasher.digest(runs, true);
    hashed.push({ bytes, part: { digest: hexBytes(bytes), pages } });
  }
  return hashed;
}

function countPages({ spaces, hidden }: ImageStructure): number {
  const all = [...spaces.flatMap(({ space }) => space.vmas.map(({ pages }) => pages)), ...hidden];
  return all.reduce((sum, { totalPages }) => sum + totalPages, 0);
}

/**
 * The digest of an image: of all its state, and of nothing else. It does not depend on revision, on how pages are split into
 * records, or on where bytes lie; a conversion that loses nothing keeps it. Contents are read once, in pieces of up to 1 MiB.
 *
 * @throws {FormatError} `PARENT_MISSING` for an incremental image without its parent, `TRUNCATED` where contents end early;
 * the reason of the signal
 * Source: docs/digest.md.
 */
export async function digestImage(image: Image, options: DigestOptions = {}): Promise<ImageDigest> {
  options.signal?.throwIfAborted();
  refuseMissingPages(image);
  const parts = structureOf(image);
  const hasher = new PageHasher(image.contents, countPages(parts), options);
  const headerBytes = await sha256(parts.header);
  const tasks = await hashTasks(parts);
  const spaces: SpaceHashes[] = [];
  for (const space of parts.spaces) spaces.push(await hashSpace(space, hasher));
  const hidden = await hashHidden(parts, hasher);
  hasher.end();
  const structure = await node('structure', [
    headerBytes,
    tasks.map(({ bytes }) => bytes),
    spaces.map((space) => space.structure),
  ]);
  const pages = await node('pages', [spaces.map((space) => space.pages), hidden.map(({ bytes }) => bytes)]);
  return {
    id: hexBytes(await node('image', [structure, pages])),
    structure: hexBytes(structure),
    pages: hexBytes(pages),
    header: hexBytes(headerBytes),
    tasks: tasks.map(({ part }) => part),
    spaces: spaces.map(({ part }) => part),
    hidden: hidden.map(({ part }) => part),
  };
}
