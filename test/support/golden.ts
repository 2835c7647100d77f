import * as fs from 'node:fs';
import * as path from 'node:path';
import { createHash } from 'node:crypto';
import { decodeCString, decodeText } from '../../src/format/bytes/text.js';
import type { ByteSource } from '../../src/format/bytes/source.js';
import type { StreamItem } from '../../src/format/cr/read/item.js';
import type { Image, Vma } from '../../src/format/model/image.js';
import { vaddrOf } from '../../src/format/model/page.js';
import type { FieldValue } from '../../src/format/layout/unit.js';

export const GOLDEN = path.join(import.meta.dirname, '../../fixtures/golden');

/** The golden images of one family. */
export function goldenNames(family: 'cr' | 'ckpt' = 'cr'): string[] {
  return fs
    .readdirSync(GOLDEN)
    .filter((name) => name.endsWith('.img'))
    .map((name) => name.slice(0, -'.img'.length))
    .filter((name) => goldenJson(name)['family'] === family);
}

export function goldenBytes(name: string): Uint8Array {
  return new Uint8Array(fs.readFileSync(path.join(GOLDEN, `${name}.img`)));
}

export function goldenJson(name: string): Record<string, unknown> {
  return JSON.parse(fs.readFileSync(path.join(GOLDEN, `${name}.json`), 'utf8')) as Record<string, unknown>;
}

// What follows says a decoded stream in the words of the golden descriptions (fixtures/golden/README.md).

function integer(value: number | bigint): number | string {
  return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
}

function byteText(bytes: Uint8Array): string | { hex: string } {
  const text = decodeText(bytes);
  return text.isWellFormed() ? text : { hex: Buffer.from(bytes).toString('hex') };
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

function fieldJson(name: string, value: FieldValue): unknown {
  if (!(value instanceof Uint8Array)) return integer(value);
  return name === 'pad' ? hex(value) : decodeCString(value);
}

const RAW_FIELDS: {
  readonly [K in Exclude<StreamItem['kind'], 'struct' | 'text'>]: (item: Extract<StreamItem, { kind: K }>) => unknown;
} = {
  opaque: ({ bytes }) => ({ hex: hex(bytes) }),
  pids: ({ entries }) => ({ pids: entries.map((e) => [e.vpid, e.vtgid, e.vppid, hex(e.pad)]) }),
  bytes: ({ name, bytes }) => rawBytesJson(name, bytes),
  vaddrs: ({ count, first, last }) => ({ count, first: integer(first), last: integer(last) }),
  pages: ({ count }) => ({ count }),
  extension: ({ bytes }) => ({ hex: hex(bytes) }),
  trailing: () => ({}),
};

function rawBytesJson(name: string, bytes: Uint8Array): unknown {
  if (name === 'raw:xstate') return { sha256: createHash('sha256').update(bytes).digest('hex') };
  return { hex: hex(bytes) };
}

export function itemJson(item: StreamItem): unknown {
  const { offset, length, name } = item;
  if (item.kind === 'text') {
    const text = byteText(item.bytes.subarray(0, item.bytes.indexOf(0)));
    return { offset, length, type: item.type, name, parent: item.parent, fields: { text } };
  }
  if (item.kind === 'struct') {
    const fields = Object.fromEntries(
      Object.entries<FieldValue>(item.fields).map(([key, value]) => [key, fieldJson(key, value)]),
    );
    return { offset, length, type: item.type, name, parent: item.parent, fields };
  }
  // the table has one entry for each kind that is left
  const describe = RAW_FIELDS[item.kind] as (raw: StreamItem) => unknown;
  return { offset, length, type: null, name, fields: describe(item) };
}

export async function vmaJson(vma: Vma, contents: ByteSource): Promise<Record<string, unknown>> {
  const pages: unknown[] = [];
  const page = new Uint8Array(4096);
  for (let run = 0; run < vma.pages.count; run++) {
    for (let i = 0; i < (vma.pages.nrPages[run] ?? 0); i++) {
      const offset = (vma.pages.offset[run] ?? 0) + i * page.length;
      await contents.read(offset, page);
      pages.push([
        integer(vaddrOf((vma.pages.vpn[run] ?? 0) + i)),
        offset,
        createHash('sha256').update(page).digest('hex'),
      ]);
    }
  }
  return {
    start: integer(vma.vm_start),
    end: integer(vma.vm_end),
    prot: integer(vma.vm_page_prot),
    flags: integer(vma.vm_flags),
    pgoff: integer(vma.vm_pgoff),
    type: vma.name === undefined ? 1 : 2,
    type_name: vma.name === undefined ? 'ANON' : 'FILE',
    file: vma.name ?? null,
    pages,
  };
}

export function taskJson(image: Image): unknown[] {
  return image.tasks.map((task, index) => ({
    index,
    pid: task.pid,
    comm: task.threads[0].comm,
    zombie: false,
    mm: index,
  }));
}
