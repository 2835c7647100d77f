import type { Vma } from '../../format/model/image.js';

/** What is known of a page that is there now, compared with an earlier copy of it. */
export const VERDICT = {
  /** Not there: nothing to be judged. */
  absent: 0,
  /** It may differ: its contents are taken now. */
  own: 1,
  /** Nothing is known: its bytes are compared. */
  compare: 2,
  /** It is what it was, if the earlier copy has it in the same mapping. */
  same: 3,
} as const;

export type Verdict = (typeof VERDICT)[keyof typeof VERDICT];

export const TRACKERS = ['soft-dirty', 'digest', 'none'] as const;
export type TrackerName = (typeof TRACKERS)[number];

/** Takes a run of pages of one verdict; `vpn` ascends. */
export type TakeVerdict = (verdict: number, vpn: number, nrPages: number) => void;

/** A way to find out which pages have changed since an earlier copy was made of them. */
export interface ChangeTracker {
  readonly name: TrackerName;
  /**
   * Judges every page in `vma.pages`, each once, ascending, by synchronous calls.
   *
   * @throws {CaptureError} `TARGET_ENDED`
   */
  judge(vma: Vma, take: TakeVerdict): void;
}
