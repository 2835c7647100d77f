// A thread that helps to copy the memory of processes, started by reader-team.ts.
import * as fs from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import { UNIT, claimUnit, readUnit, touchNext, type CopyOrder, type HeldRoom } from './held-copy.js';
import { NO_DESCRIPTOR, placeAt, type Places } from './places.js';

/** What reader-team.ts gives to this thread. */
export interface ReaderData {
  readonly room: HeldRoom;
}

function readFully(fd: number, offset: number, into: Uint8Array): number {
  let filled = 0;
  while (filled < into.length) {
    const got = fs.readSync(fd, into, filled, into.length - filled, offset + filled);
    if (got === 0) break;
    filled += got;
  }
  return filled;
}

/** Short where nothing is, and where something is that this thread cannot read. */
function readPlaced(places: Places, offset: number, into: Uint8Array): number {
  let filled = 0;
  for (let i = placeAt(places, offset); filled < into.length && i < places.count; i++) {
    const at = offset + filled;
    const fd = places.descriptor[i] ?? NO_DESCRIPTOR;
    const part = into.subarray(filled, filled + Math.min(into.length - filled, (places.end[i] ?? 0) - at));
    const got = fd === NO_DESCRIPTOR ? 0 : readFully(fd, at + (places.shift[i] ?? 0), part);
    filled += got;
    if (got < part.length) break;
  }
  return filled;
}

function tryUnit({ room }: ReaderData, order: CopyOrder, unit: number): boolean {
  try {
    const isWhole = readUnit(room, order, unit, (offset, into) => readPlaced(order.places, offset, into));
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
