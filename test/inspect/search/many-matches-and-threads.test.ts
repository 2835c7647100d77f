import * as fs from 'node:fs';
import * as path from 'node:path';
import { expect, test } from 'vitest';
import { openFile } from '../../../src/format/bytes/file.js';
import { MemorySource } from '../../../src/format/bytes/memory.js';
import type { ByteSource } from '../../../src/format/bytes/source.js';
import type { MemoryMap } from '../../../src/format/model/memory-map.js';
import { PAGE_BYTES, vaddrOf } from '../../../src/format/model/page.js';
import { PageRunsBuilder } from '../../../src/format/model/page-runs.js';
import { tableOf } from '../../../src/format/model/page-table.js';
import { exactPattern } from '../../../src/inspect/search/bytes-pattern.js';
import { regexPattern } from '../../../src/inspect/search/pattern.js';
import { countMatches, searchMemory } from '../../../src/inspect/search/search.js';
import { startCrew } from '../../../src/workers/crew.js';
import { scratchDirectory } from '../../support/scratch.js';

/** As `npm run build` made it. */
const program = new URL('../../../dist/workers/worker-main.js', import.meta.url);
const MIB = 2 ** 20;

function mapOf(contents: ByteSource, pages: number): MemoryMap {
  const builder = new PageRunsBuilder();
  builder.add(16, pages, 0);
  const facts = { vm_page_prot: 0n, vm_flags: 0n, vm_pgoff: 0n, kind: 'file' as const, name: '/a' };
  const area = { ...facts, vm_start: vaddrOf(16), vm_end: vaddrOf(16 + pages), pages: tableOf(builder.take()) };
  const format = { family: 'cr' as const, revision: 'v11', covers: 'v11', wordBytes: 8 as const, decidedBy: [] };
  return { name: 'many', format, spaces: [{ pids: [1], comm: 'many', areas: [area] }], contents };
}

test('every one of millions of matches is found once, in order', async () => {
  const bytes = new Uint8Array(2.5 * MIB).fill(0x61);
  const map = mapOf(new MemorySource(bytes), bytes.length / PAGE_BYTES);
  expect(await countMatches(map, exactPattern(Uint8Array.of(0x61)))).toBe(bytes.length);
  let expected = 0x10000n;
  for await (const { vaddr, length } of searchMemory(map, exactPattern(Uint8Array.of(0x61, 0x61, 0x61)))) {
    if (vaddr !== expected || length !== 3) throw new Error(`${String(vaddr)} is not ${String(expected)}`);
    expected++;
  }
  expect(expected).toBe(0x10000n + BigInt(bytes.length - 2));
});

test('matches of an expression do not overlap where pieces meet', async () => {
  const bytes = new Uint8Array(5 * MIB).fill(0x61);
  const map = mapOf(new MemorySource(bytes), bytes.length / PAGE_BYTES);
  expect(await countMatches(map, regexPattern('a{7}'))).toBe(Math.floor(bytes.length / 7));
});

test('threads find what the caller finds', async () => {
  const bytes = new Uint8Array(9 * MIB);
  for (let i = 0, x = 1; i < bytes.length; i++) bytes[i] = (x = (Math.imul(x, 1664525) + 1013904223) | 0) >>> 24;
  const file = path.join(scratchDirectory(), 'contents');
  fs.writeFileSync(file, bytes);
  const source = openFile(file);
  const crew = await startCrew({ threads: 2, program });
  try {
    const map = mapOf(source, bytes.length / PAGE_BYTES);
    for (const pattern of [exactPattern(bytes.slice(4 * MIB - 3, 4 * MIB + 1)), regexPattern('[a-z]{3}')]) {
      const found: Record<string, bigint[]> = { inline: [], crew: [] };
      for await (const { vaddr } of searchMemory(map, pattern)) found['inline']?.push(vaddr);
      for await (const { vaddr } of searchMemory(map, pattern, { crew })) found['crew']?.push(vaddr);
      expect(found['inline']?.length).toBeGreaterThan(0);
      expect(found['crew']).toEqual(found['inline']);
    }
  } finally {
    await crew.close();
    await source.close();
  }
});

test('a signal ends a search with its reason', async () => {
  const bytes = new Uint8Array(8 * MIB);
  const map = mapOf(new MemorySource(bytes), bytes.length / PAGE_BYTES);
  const abort = new AbortController();
  const onProgress = (): void => {
    abort.abort(new Error('enough'));
  };
  await expect(countMatches(map, exactPattern(Uint8Array.of(1)), { signal: abort.signal, onProgress })).rejects.toThrow(
    'enough',
  );
});
