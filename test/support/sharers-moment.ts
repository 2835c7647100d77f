import { expect } from 'vitest';
import { fill } from '../../src/format/bytes/source.js';
import type { Image, Task } from '../../src/format/model/image.js';
import { openChain } from '../../src/open/chain.js';
import { layerFile } from '../../src/open/chain-file.js';
import type { Sharers } from './sharers.js';

const PAGE_BYTES = 4096;
const WORD_BYTES = 8;
/** Where the board of sharers.c is. */
const BOARD_FROM_END = 3;

/** What sharers.c tells of itself. */
type Told = Pick<Sharers, 'objects' | 'own' | 'pids'>;

async function pageAt({ contents }: Image, { mm }: Task, vaddr: number): Promise<BigUint64Array | undefined> {
  const vpn = vaddr / PAGE_BYTES;
  for (const { pages } of mm?.vmas ?? [])
    for (let run = 0; run < pages.count; run++) {
      const first = pages.vpn[run] ?? 0;
      if (vpn < first || vpn >= first + (pages.nrPages[run] ?? 0)) continue;
      const bytes = new Uint8Array(PAGE_BYTES);
      await fill(contents, (pages.offset[run] ?? 0) + (vpn - first) * PAGE_BYTES, bytes);
      return new BigUint64Array(bytes.buffer);
    }
  return undefined;
}

/** What each process has noted in memory of its own is what it has noted in that which all share. */
export async function expectOneMoment(file: string, sharers: Told, ownPages: number): Promise<void> {
  const image = await openChain(layerFile(file));
  try {
    const anon = sharers.objects.find(({ name }) => name === 'shared-anon');
    const index = (anon?.pages ?? 0) - BOARD_FROM_END;
    const shown = image.tasks[0]?.mm?.vmas.find(({ name }) => name?.startsWith('/dev/zero'));
    const [task] = image.tasks;
    if (!task || !shown) throw new Error('the image has no shared memory');
    const board = await pageAt(image, task, Number(shown.vm_start) + index * PAGE_BYTES);
    expect(board?.length).toBe(PAGE_BYTES / WORD_BYTES);
    for (const [slot, pid] of sharers.pids.entries()) {
      const process = image.tasks.find((one) => one.pid === pid);
      if (!process) throw new Error(`the image has no process ${pid}`);
      const steps: bigint[] = [];
      for (let i = 0; i < ownPages; i++)
        steps.push((await pageAt(image, process, sharers.own + i * PAGE_BYTES))?.[0] ?? -1n);
      const last = steps.reduce((most, step) => (step < 1n << 31n && step > most ? step : most), 0n);
      expect([last, last - 1n], `process ${slot}`).toContain(board?.[slot]);
      // one step after the other, with none left out
      for (let back = 0n; back < BigInt(ownPages) && last - back > 0n; back++)
        expect(steps[Number((last - back - 1n) % BigInt(ownPages))]).toBe(last - back);
    }
  } finally {
    await image.close();
  }
}
