// The sample process of the demo: 64 pages of its own, of which it rewrites some when told so on standard input.
import { readSync } from 'node:fs';

const PAGE_BYTES = 4096;
const MARK = Buffer.from('crit demo page  ');
// more than 64 pages: the first whole ones of an own mapping are used
const memory = Buffer.alloc(16 * 1024 * 1024);
for (let i = 0; i < memory.length; i += MARK.length) MARK.copy(memory, i);

process.stdout.write('ready\n');
const line = Buffer.alloc(256);
// blocking reads: nothing else runs in here
for (let n = readSync(0, line); n > 0; n = readSync(0, line)) {
  for (const page of line.toString('latin1', 0, n).trim().split(' ').map(Number)) {
    memory.write('changed!', page * PAGE_BYTES + 1024);
  }
  process.stdout.write('written\n');
}
