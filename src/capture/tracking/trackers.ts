import type { PageRuns } from '../../format/model/page-runs.js';
import { VM_FLAGS, hasFlag } from '../../format/model/vm-flags.js';
import { BLOCK_PAGES, type Pagemap } from '../pagemap.js';
import { SOFT_DIRTY_SHIFT, softDirtyVerdicts } from './soft-dirty-class.js';
import { VERDICT, type ChangeTracker, type TakeVerdict, type Verdict } from './verdict.js';

/** The same verdict on all pages. */
export function judgeAlike(verdict: Verdict, { count, vpn, nrPages }: PageRuns, take: TakeVerdict): void {
  for (let run = 0; run < count; run++) take(verdict, vpn[run] ?? 0, nrPages[run] ?? 0);
}

/** Takes nothing for granted: all that is there is taken again. */
export const NO_TRACKER: ChangeTracker = {
  name: 'none',
  judge: ({ pages }, take) => {
    judgeAlike(VERDICT.own, pages, take);
  },
};

/** Compares every page with its earlier bytes, which no kernel has to help with. */
export const DIGEST_TRACKER: ChangeTracker = {
  name: 'digest',
  judge: ({ pages }, take) => {
    judgeAlike(VERDICT.compare, pages, take);
  },
};

/** Others write shared memory without a bit of ours being set, and huge pages have no bits. */
const UNSEEN = VM_FLAGS.SHARED | VM_FLAGS.MAYSHARE | VM_FLAGS.HUGETLB;

/** Hands on the part of each judged run that lies in `runs`. Judged runs ascend. */
function within({ count, vpn, nrPages }: PageRuns, take: TakeVerdict): TakeVerdict {
  let run = 0;
  return (verdict, start, length) => {
    const end = start + length;
    while (run < count && (vpn[run] ?? 0) + (nrPages[run] ?? 0) <= start) run++;
    for (let next = run; next < count && (vpn[next] ?? 0) < end; next++) {
      const from = Math.max(start, vpn[next] ?? 0);
      take(verdict, from, Math.min(end, (vpn[next] ?? 0) + (nrPages[next] ?? 0)) - from);
    }
  };
}

/** Reads pagemap where there are runs, over short gaps between them. */
function scanRuns(pagemap: Pagemap, { count, vpn, nrPages }: PageRuns, verdicts: Uint8Array, take: TakeVerdict): void {
  for (let run = 0; run < count;) {
    const start = vpn[run] ?? 0;
    let end = start;
    for (; run < count && (vpn[run] ?? 0) - end < BLOCK_PAGES; run++) end = (vpn[run] ?? 0) + (nrPages[run] ?? 0);
    pagemap.scan(start, end, verdicts, take, SOFT_DIRTY_SHIFT);
  }
}

/**
 * Believes bit 55 where it can be believed: in private memory of small pages, of a page that is of the same kind as ever.
 *
 * @param isExact  whether the bytes of pages said to be dirty are compared, too
 * Source: spec/proc.md 2.
 */
export function softDirtyTracker(pagemap: Pagemap, isExact: boolean): ChangeTracker {
  const verdicts = softDirtyVerdicts(isExact);
  return {
    name: 'soft-dirty',
    judge: ({ pages, vm_flags }, take) => {
      if (hasFlag(vm_flags, UNSEEN)) judgeAlike(VERDICT.compare, pages, take);
      else scanRuns(pagemap, pages, verdicts, within(pages, take));
    },
  };
}

/** Asks for the bits, and compares nothing. */
export function bitsAlone(pagemap: Pagemap): ChangeTracker {
  const tracker = softDirtyTracker(pagemap, false);
  return {
    ...NO_TRACKER,
    judge: (vma, take) => {
      tracker.judge(vma, (verdict, vpn, nrPages) => {
        take(verdict === VERDICT.compare ? VERDICT.own : verdict, vpn, nrPages);
      });
    },
  };
}
