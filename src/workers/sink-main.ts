// The thread that writes a file, started by threaded-sink.ts.
import { workerData } from 'node:worker_threads';
import { pwriteFully } from '../format/bytes/file-sink.js';
import { CLOSED, WORD, WRITER_STATE, slotPart, type WriteRing } from './write-ring.js';

/** What threaded-sink.ts gives to this thread. */
export interface SinkThreadData {
  readonly ring: WriteRing;
  readonly fd: number;
}

function writeBuffers({ ring, fd }: SinkThreadData): void {
  const { words } = ring;
  Atomics.store(words, WORD.state, WRITER_STATE.ready);
  for (let written = 0; ;) {
    Atomics.wait(words, WORD.given, written);
    const given = Atomics.load(words, WORD.given);
    if (given === CLOSED) return;
    while (written < given) {
      const { bytes, position } = slotPart(ring, written);
      pwriteFully(fd, bytes, position);
      Atomics.store(words, WORD.written, ++written);
      Atomics.notify(words, WORD.written);
    }
  }
}

// only threaded-sink.ts starts this
const given = workerData as SinkThreadData;
try {
  writeBuffers(given);
} catch {
  // the other thread tries the same and says what comes of it
  Atomics.store(given.ring.words, WORD.state, WRITER_STATE.failed);
  Atomics.notify(given.ring.words, WORD.written);
}
