import { PAGE_BYTES } from '../../format/model/page.js';
import type { Piece } from './piece.js';
import type { Reach } from './reach.js';

/** Growing columns of a piece; as in `Piece`. */
interface Draft {
  totalBytes: number;
  from: number;
  isContinued: boolean;
  readonly offset: number[];
  readonly partAt: number[];
  readonly partBytes: number[];
  readonly segmentAt: number[];
  readonly segmentByte: number[];
  readonly space: number[];
  readonly vpn: number[];
}

function emptyDraft(): Draft {
  const segments = { segmentAt: [], segmentByte: [], space: [], vpn: [] };
  return { totalBytes: 0, from: 0, isContinued: false, offset: [], partAt: [], partBytes: [], ...segments };
}

/** Puts memory together to pieces. It is told in the order of addresses what there is. */
export class PieceBuilder {
  /** Pieces that are full; the caller takes them out. */
  readonly ready: Piece[] = [];
  readonly #reach: Reach;
  readonly #fullBytes: number;
  #draft = emptyDraft();
  #space = 0;
  /** Whether what comes next may be a neighbour of what was last. */
  #isOpen = false;
  /** Zeros that were told of and are not in a piece yet. */
  #zeroBytes = 0;
  #doneBytes = 0;

  /** @param pieceBytes  of a full piece, which is larger where more of it has to be seen at once */
  constructor(reach: Reach, pieceBytes: number) {
    this.#reach = reach;
    this.#fullBytes = Math.max(pieceBytes, 2 * (reach.behind + reach.ahead), 1);
  }

  /** What comes next is no neighbour, and lies in `space`. */
  border(space: number): void {
    this.#endSegment();
    this.#zeroBytes = 0;
    this.#space = space;
  }

  /** Memory that is not held and reads as zero. */
  zeros(lengthBytes: number): void {
    this.#zeroBytes += lengthBytes;
  }

  /** Held memory from byte `byte` of page `vpn` on, which lies at `offset` of the contents. */
  held(vpn: number, byte: number, lengthBytes: number, offset: number): void {
    if (this.#isOpen && this.#zeroBytes > this.#reach.bridge) this.#endSegment();
    if (!this.#isOpen) this.#startSegment(vpn, byte);
    else this.#append(undefined, this.#zeroBytes);
    this.#zeroBytes = 0;
    this.#append(offset, lengthBytes);
  }

  /** Ends with what is there. */
  finish(): void {
    this.border(this.#space);
    const { totalBytes } = this.#draft;
    if (totalBytes > 0) this.#emit(totalBytes);
    this.#draft = emptyDraft();
  }

  #startSegment(vpn: number, byte: number): void {
    const zeroBytes = Math.min(this.#zeroBytes, this.#reach.zerosBefore);
    this.#isOpen = true;
    this.#addSegment(this.#draft, vpn, byte - zeroBytes);
    this.#append(undefined, zeroBytes);
  }

  #endSegment(): void {
    if (this.#isOpen) this.#append(undefined, Math.min(this.#zeroBytes, this.#reach.zerosAfter));
    this.#isOpen = false;
  }

  /** @param byte  of page `vpn`, or of others around it */
  #addSegment(draft: Draft, vpn: number, byte: number): void {
    const pages = Math.floor(byte / PAGE_BYTES);
    draft.segmentAt.push(draft.totalBytes);
    draft.vpn.push(vpn + pages);
    draft.segmentByte.push(byte - pages * PAGE_BYTES);
    draft.space.push(this.#space);
  }

  /** @param offset  where it lies in the contents; undefined for zeros */
  #append(offset: number | undefined, lengthBytes: number): void {
    for (let done = 0; done < lengthBytes;) {
      const draft = this.#draft;
      const step = Math.min(lengthBytes - done, this.#fullBytes - draft.totalBytes);
      if (offset !== undefined) this.#addPart(offset + done, step);
      draft.totalBytes += step;
      done += step;
      if (draft.totalBytes === this.#fullBytes) this.#cut();
    }
  }

  #addPart(offset: number, lengthBytes: number): void {
    this.#doneBytes += lengthBytes;
    const draft = this.#draft;
    const last = draft.partAt.length - 1;
    const lastBytes = draft.partBytes[last] ?? 0;
    const isNext = last >= 0 && (draft.partAt[last] ?? 0) + lastBytes === draft.totalBytes;
    if (isNext && (draft.offset[last] ?? 0) + lastBytes === offset) {
      draft.partBytes[last] = lastBytes + lengthBytes;
      return;
    }
    draft.offset.push(offset);
    draft.partAt.push(draft.totalBytes);
    draft.partBytes.push(lengthBytes);
  }

  /** Ends the piece within a segment; the next one begins with as much of its end as is to be seen from there. */
  #cut(): void {
    const { totalBytes, segmentAt, segmentByte, vpn } = this.#draft;
    const last = segmentAt.length - 1;
    const start = segmentAt[last] ?? 0;
    const ownedEnd = Math.max(start, totalBytes - this.#reach.ahead);
    const keptAt = Math.max(start, ownedEnd - this.#reach.behind);
    const next = emptyDraft();
    this.#addSegment(next, vpn[last] ?? 0, (segmentByte[last] ?? 0) + keptAt - start);
    this.#keepParts(next, keptAt);
    next.from = ownedEnd - keptAt;
    next.isContinued = true;
    this.#emit(ownedEnd);
    this.#draft = next;
  }

  #keepParts(next: Draft, keptAt: number): void {
    const { offset, partAt, partBytes, totalBytes } = this.#draft;
    for (let i = 0; i < partAt.length; i++) {
      const at = partAt[i] ?? 0;
      const end = at + (partBytes[i] ?? 0);
      if (end <= keptAt) continue;
      const skipped = Math.max(0, keptAt - at);
      next.offset.push((offset[i] ?? 0) + skipped);
      next.partAt.push(at + skipped - keptAt);
      next.partBytes.push(end - at - skipped);
    }
    next.totalBytes = totalBytes - keptAt;
  }

  #emit(ownedEnd: number): void {
    const draft = this.#draft;
    this.ready.push({
      layout: {
        totalBytes: draft.totalBytes,
        from: draft.from,
        ownedEnd,
        partAt: Uint32Array.from(draft.partAt),
        partBytes: Uint32Array.from(draft.partBytes),
        segmentAt: Uint32Array.from(draft.segmentAt),
        segmentByte: Uint32Array.from(draft.segmentByte),
      },
      plan: { source: 0, offset: Float64Array.from(draft.offset), length: Float64Array.from(draft.partBytes) },
      space: Uint32Array.from(draft.space),
      vpn: Float64Array.from(draft.vpn),
      isContinued: draft.isContinued,
      doneBytes: this.#doneBytes,
    });
  }
}
