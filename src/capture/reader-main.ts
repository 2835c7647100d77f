// A thread that helps to copy the memory of a process, started by reader-team.ts.
import * as fs from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import { UNIT, claimUnit, readUnit, touchNext, type CopyOrder, type HeldRoom } from './held-copy.js';

/** What reader-team.ts gives to this thread. */
export interface ReaderData {
  readonly room: HeldRoom;
  /** Of /proc/PID/mem. */
  readonly fd: number;
}

function readFully(fd: number, vaddr: number, into: Uint8Array): number {
  let filled = 0;
  while (filled < into.length) {
    const got = fs.readSync(fd, into, filled, into.length - filled, vaddr + filled);
    if (got === 0) break;
    filled += got;
  }
  return filled;
}

function tryUnit({ room, fd }: ReaderData, order: CopyOrder, unit: number): boolean {
  try {
    const isWhole = readUnit(room, order, unit, (vaddr, into) => readFully(fd, vaddr, into));
    return isWhole && (order.untilNs === undefined || process.hrtime.bigint() < order.untilNs);
  } catch {
    // the other thread reads it again and says what is wrong
    return false;
  }
}

// only reader-team.ts starts this
const given = workerData as ReaderData;

parentPort?.on('message', (order: CopyOrder) => {
  for (;;) {
    const unit = claimUnit(given.room, order);
    if (unit === undefined) return;
    Atomics.store(order.units, unit, tryUnit(given, order, unit) ? UNIT.read : UNIT.failed);
    Atomics.notify(order.units, unit);
  }
});
while (touchNext(given.room));
parentPort?.postMessage('ready');
