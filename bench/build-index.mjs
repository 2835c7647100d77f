/** Builds the index of an image once, in a process of its own, and prints how many milliseconds that took without its start. */
import { openFile } from '../dist/format/bytes/file.js';
import { encodeIndex } from '../dist/format/image-index/write-index.js';
import { buildIndex } from '../dist/open/build-index.js';

const source = openFile(process.argv[2]);
const start = performance.now();
let bytes = 0;
for await (const piece of encodeIndex(await buildIndex(source))) bytes += piece.length;
console.log(JSON.stringify({ buildMs: performance.now() - start, bytes }));
await source.close();
