import { addressDigits, rangeText } from './address.js';
import { countText, sizeText } from './amount.js';
import { tableLines } from './column.js';
import { pageBytes } from '../../inspect/describe-vma.js';
import type { SharedMemoryDescription } from '../../inspect/describe-shared-memory.js';
import type { Palette } from './palette.js';

/** How mappings name a shared memory. */
export function sharedMemoryName(index: number): string {
  return `shared memory ${String(index)}`;
}

/** Each shared memory, and under it who shows it. */
export function* sharedMemoryLines(memories: readonly SharedMemoryDescription[], palette: Palette): Generator<string> {
  for (const { index, id, sizeBytes, pagesDumped, users } of memories) {
    const number = id === null ? '' : `, object ${String(id)}`;
    const dumped = `${countText(pagesDumped, 'page')} (${sizeText(pageBytes(pagesDumped))}) dumped`;
    const facts = `${sizeText(Number(sizeBytes))}${number}, ${dumped}, ${countText(users.length, 'mapping')}`;
    yield `${palette.heading(sharedMemoryName(index))}  ${facts}`;
    const digits = addressDigits(users.map(({ end }) => end));
    const rows = users.map((user) => [`task ${String(user.pid)}`, rangeText(user, digits)]);
    for (const row of tableLines(rows, ['left', 'left'])) yield `  ${row}`;
  }
}
