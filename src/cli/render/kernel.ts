import { countText } from './amount.js';
import type { KernelStateDescription } from '../../inspect/describe-kernel.js';

/** Kernel state on one line: how many records it has in each section; the JSON form has all of them. */
export function kernelText({ nestedPids, sections }: KernelStateDescription): string {
  const counts = Object.entries(sections).map(([name, items]) => {
    return { name, records: items.filter(({ kind }) => kind === 'record').length };
  });
  const total = counts.reduce((sum, { records }) => sum + records, 0);
  const listed = counts.filter(({ records }) => records > 0).map(({ name, records }) => `${name} ${String(records)}`);
  const places = listed.length === 0 ? '' : ` (${listed.join(', ')})`;
  const pids = nestedPids.length === 0 ? '' : `, nested pids ${nestedPids.join(' ')}`;
  return `kernel state: ${countText(total, 'record')}${places}${pids}`;
}
