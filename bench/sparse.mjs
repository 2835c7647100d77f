/** Writes a v11 image of any size whose headers and address arrays are real and whose page contents are holes. */
import * as fs from 'node:fs';

const PAGE_BYTES = 4096;
const CHUNK_PAGES = 2048;
const FIRST_ADDRESS = 0x1_0000_0000;
const PID = 4242;
const HEAD_MAGIC = 0x00feed0cc0a2d200n;
const TAIL_MAGIC = 0x002d2a0cc0deef00n;

/** Record types of v10 to v13. Source: spec/cr-stream.md 5.2. */
const TYPES = {
  HEAD: 1,
  HEAD_ARCH: 2,
  STRING: 4,
  TREE: 101,
  TASK: 102,
  THREAD: 103,
  CPU: 104,
  MM: 201,
  VMA: 202,
  PGARR: 203,
  MM_CONTEXT: 204,
  FILES: 301,
  TAIL: 5001,
};

/** One record: header, then `fields` as [bytes, value] one after the other; a string fills its bytes with NULs. */
function record(type, parent, fields) {
  const length = fields.reduce((sum, [bytes]) => sum + bytes, 0);
  const out = Buffer.alloc(8 + length);
  out.writeInt16LE(TYPES[type], 0);
  out.writeInt16LE(length, 2);
  out.writeUInt32LE(parent, 4);
  let at = 8;
  for (const [bytes, value] of fields) {
    if (typeof value === 'string') out.write(value, at, 'latin1');
    else if (bytes === 8) out.writeBigUInt64LE(BigInt(value), at);
    else out.writeUIntLE(value, at, bytes);
    at += bytes;
  }
  return out;
}

function preamble(nrVmas) {
  const versions = [2, 6, 28, 3].map((value) => [2, value]);
  const names = ['2.6.28', '#1 SMP', 'x86_64'].map((name) => [64, name]);
  const mmAddresses = Array.from({ length: 11 }, () => [8, 0]);
  return Buffer.concat([
    record('HEAD', 0, [[8, HEAD_MAGIC], ...versions, [8, 1228500000], [8, 1], ...names]),
    record('HEAD_ARCH', 0, [
      [2, 1],
      [2, 0],
      [2, 512],
      [2, 0],
    ]),
    record('TREE', 0, [
      [4, 1],
      [4, 0],
    ]),
    // the array of pids that follows TREE: vpid, vtgid, vppid, padding
    Buffer.from(Uint32Array.of(PID, PID, 1, 0).buffer),
    record('TASK', 0, [
      [4, 1],
      [4, 0],
      [4, 0],
      [4, 17],
      [4, 16],
      [4, 0],
    ]),
    record('STRING', 0, [[16, 'sparse']]),
    record('MM', PID, [[4, 0], [4, nrVmas], ...mmAddresses]),
  ]);
}

function epilogue() {
  const registers = Array.from({ length: 33 }, () => [8, 0]);
  return Buffer.concat([
    record('MM_CONTEXT', 0, [
      [2, 8],
      [2, 0],
      [4, 0],
    ]),
    record('FILES', PID, [
      [4, 0],
      [4, 0],
    ]),
    record('THREAD', PID, [
      [2, 3],
      [2, 24],
      [2, 0],
      [2, 0],
    ]),
    record('CPU', PID, [...registers, [4, 0], [4, 0]]),
    record('TAIL', 0, [[8, TAIL_MAGIC]]),
  ]);
}

function vmaRecord(start, end) {
  const readWrite = 0x8000000000000025n;
  return record('VMA', 0, [
    [4, 1],
    [4, 0],
    [8, start],
    [8, end],
    [8, readWrite],
    [8, 0x100073],
    [8, start / PAGE_BYTES],
  ]);
}

/**
 * @param {string} file
 * @param {{ nrVmas: number, vmaBytes: number, runPages?: number }} shape  so many bytes of pages are in the image for
 *   each VMA; `runPages`: a page is missing behind every so many, default none
 * @returns {number} size of the file in bytes
 */
export function writeSparseImage(file, { nrVmas, vmaBytes, runPages = Infinity }) {
  const fd = fs.openSync(file, 'w', 0o600);
  let position = 0;
  const put = (bytes) => {
    fs.writeSync(fd, bytes, 0, bytes.length, position);
    position += bytes.length;
  };
  const addresses = new BigUint64Array(CHUNK_PAGES);
  const addressOf = (start, page) => start + (page + Math.floor(page / runPages)) * PAGE_BYTES;
  const putChunk = (start, first, nrPages) => {
    for (let i = 0; i < nrPages; i++) addresses[i] = BigInt(addressOf(start, first + i));
    put(Buffer.concat([record('PGARR', 0, [[8, nrPages]]), new Uint8Array(addresses.buffer, 0, nrPages * 8)]));
    position += nrPages * PAGE_BYTES;
  };
  put(preamble(nrVmas));
  const nrPages = vmaBytes / PAGE_BYTES;
  const spanBytes = addressOf(0, nrPages);
  for (let vma = 0; vma < nrVmas; vma++) {
    // one page of distance keeps neighbours apart
    const start = FIRST_ADDRESS + vma * (spanBytes + PAGE_BYTES);
    put(vmaRecord(start, start + spanBytes));
    for (let page = 0; page < nrPages; page += CHUNK_PAGES)
      putChunk(start, page, Math.min(CHUNK_PAGES, nrPages - page));
    put(record('PGARR', 0, [[8, 0]]));
  }
  put(epilogue());
  fs.closeSync(fd);
  return position;
}
