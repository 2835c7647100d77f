// In place of a reader: takes one unit of work and never comes back; knows the protocol of held-copy.ts.
import { parentPort, workerData } from 'node:worker_threads';

const { room } = workerData;
parentPort.on('message', () => {
  Atomics.add(room.words, 1, 1);
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
});
parentPort.postMessage('ready');
