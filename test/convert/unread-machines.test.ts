import { expect, test } from 'vitest';
import { decodeRecords } from '../../src/convert/decode.js';
import { encodeRecords } from '../../src/convert/encode.js';
import { MemorySink, MemorySource } from '../../src/format/bytes/memory.js';
import { fieldOf } from '../../src/format/layout/layout.js';
import { HEADER_V23 } from '../../src/format/ckpt/tables/header.js';
import { CKPT_HDR } from '../../src/format/ckpt/tables/record.js';
import { V23 } from '../../src/format/ckpt/tables/revisions-2010.js';
import { TAIL_MAGIC, HEAD_MAGIC } from '../../src/format/linux-cr/magic.js';
import { readImage } from '../../src/format/registry.js';
import { goldenBytes } from '../support/golden.js';

function ofArm(): Uint8Array {
  const bytes = goldenBytes('J3-single-x86_64').slice();
  const at = CKPT_HDR.size + fieldOf(HEADER_V23, 'arch_id').offset;
  new DataView(bytes.buffer, bytes.byteOffset).setUint16(at, V23.archIds['ARM'] ?? 0, true);
  return bytes;
}

/** HEADER, a BUFFER of a length that is no multiple of 8, and TAIL, as a big-endian machine has them. */
function ofS390(): Uint8Array {
  const [headerBytes, bufferBytes] = [CKPT_HDR.size + HEADER_V23.size, 73];
  const bytes = new Uint8Array(headerBytes + bufferBytes + 16);
  const view = new DataView(bytes.buffer);
  const head = (offset: number, type: number, length: number): void => {
    view.setUint32(offset, type);
    view.setUint32(offset + 4, length);
  };
  head(0, 1, headerBytes);
  view.setBigUint64(8, HEAD_MAGIC);
  view.setUint16(16, V23.archIds['S390X'] ?? 0);
  view.setUint16(24, 6);
  head(headerBytes, 4, bufferBytes);
  head(headerBytes + bufferBytes, 9001, 16);
  view.setBigUint64(headerBytes + bufferBytes + 8, TAIL_MAGIC);
  return bytes;
}

test.each([
  ['ARM', ofArm()],
  ['S390X', ofS390()],
])('an image of %s is not read, but its records come through a document byte for byte', async (name, bytes) => {
  await expect(readImage(new MemorySource(bytes))).rejects.toMatchObject({
    code: 'UNSUPPORTED',
    message: expect.stringContaining(name) as string,
  });
  const sink = new MemorySink();
  const { fault } = await encodeRecords(await decodeRecords(new MemorySource(bytes)), sink);
  expect(fault).toBeUndefined();
  expect(Buffer.compare(sink.bytes(), bytes)).toBe(0);
});
