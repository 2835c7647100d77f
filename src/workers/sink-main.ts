// The thread that writes a file, started by threaded-sink.ts.
import { workerData } from 'node:worker_threads';
import { pwriteFully } from '../format/bytes/file-sink.js';
import { WORD, WRITER_STATE, slotPart, type WriteRing } from './write-ring.js';

/** Goes on until it is terminated. */
function writeBuffers(ring: WriteRing): void {
  const { words } = ring;
  Atomics.store(words, WORD.state, WRITER_STATE.ready);
  for (let written = 0; ;) {
    Atomics.wait(words, WORD.given, written);
    const given = Atomics.load(words, WORD.given);
    while (written < given) {
      const { bytes, position } = slotPart(ring, written);
      pwriteFully(Atomics.load(words, WORD.fd), bytes, position);
      Atomics.store(words, WORD.written, ++written);
      Atomics.notify(words, WORD.written);
    }
  }
}

// only threaded-sink.ts starts this
const ring = workerData as WriteRing;
try {
  writeBuffers(ring);
} catch {
  // the other thread tries the same and says what comes of it
  Atomics.store(ring.words, WORD.state, WRITER_STATE.failed);
  Atomics.notify(ring.words, WORD.written);
}
