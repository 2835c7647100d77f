import { HEAD_MAGIC } from '../linux-cr/magic.js';
import { decodeLayout } from '../layout/decode.js';
import type { Probe } from '../model/probe.js';
import { HEAD, HEAD_V1 } from './tables/head.js';
import { CR_HDR } from './tables/record.js';
import { V11 } from './tables/revision.js';

/** Recognises a cr stream by its first record header and the magic behind it. Source: spec/cr-stream.md 9.1. */
export function probeCr(head: Uint8Array): Probe | undefined {
  if (head.length < CR_HDR.size) return undefined;
  const { type, len } = decodeLayout(CR_HDR, head, { offset: 0, path: 'head' });
  const isShort = len === HEAD_V1.size;
  const isHead = type === V11.types.HEAD && (len === HEAD.size || isShort);
  const hasMagic = magicOf(head, 'little') === HEAD_MAGIC;
  if (!isHead || (isShort && !hasMagic)) return undefined;
  if (hasMagic) return { family: 'cr', certainty: 'sure', reason: 'a HEAD record and its magic' };
  return { family: 'cr', certainty: 'likely', reason: 'a HEAD record, but not its magic' };
}

/** What stands where the head magic of both families of linux-cr streams is, behind the first record header. */
function magicOf(head: Uint8Array, byteOrder: 'little' | 'big'): bigint | undefined {
  if (head.length < CR_HDR.size + 8) return undefined;
  return new DataView(head.buffer, head.byteOffset).getBigUint64(CR_HDR.size, byteOrder === 'little');
}

/** What a stream of linux-cr is that this library does not read; undefined for anything else. */
export function describeUnread(head: Uint8Array): string | undefined {
  if (magicOf(head, 'big') === HEAD_MAGIC) return 'a linux-cr stream of a big-endian machine';
  if (magicOf(head, 'little') === HEAD_MAGIC) return 'a linux-cr stream with a first record that no revision has';
  return undefined;
}
