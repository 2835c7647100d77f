import { HEAD_MAGIC } from '../linux-cr/magic.js';
import { decodeLayout } from '../layout/decode.js';
import type { Probe } from '../model/probe.js';
import { HEADER_V16, HEADER_V17 } from './tables/header.js';
import { CKPT_HDR } from './tables/record.js';
import { REVISIONS } from './tables/revision.js';

const MAGIC_BYTES = 8;

/** Recognises a ckpt stream by its first record header and the magic behind it. Source: spec/cr-stream.md 9.1. */
export function probeCkpt(head: Uint8Array): Probe | undefined {
  if (head.length < CKPT_HDR.size) return undefined;
  const { type, len } = decodeLayout(CKPT_HDR, head, { offset: 0, path: 'head' });
  const number = REVISIONS[0]?.types.HEADER;
  const view = new DataView(head.buffer, head.byteOffset, head.length);
  const magicOf = (isLittle: boolean): bigint | undefined =>
    head.length < CKPT_HDR.size + MAGIC_BYTES ? undefined : view.getBigUint64(CKPT_HDR.size, isLittle);
  if (view.getUint32(0, false) === number && magicOf(false) === HEAD_MAGIC)
    return { family: 'ckpt', certainty: 'sure', reason: 'a big-endian HEADER record and its magic' };
  if (type !== number) return undefined;
  if (magicOf(true) === HEAD_MAGIC)
    return { family: 'ckpt', certainty: 'sure', reason: 'a HEADER record and its magic' };
  const isKnown = [HEADER_V16, HEADER_V17].some(({ size }) => len === CKPT_HDR.size + size);
  return isKnown ? { family: 'ckpt', certainty: 'likely', reason: 'a HEADER record, but not its magic' } : undefined;
}
