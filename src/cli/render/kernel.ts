import { countText } from './amount.js';
import type { KernelStateDescription } from '../../inspect/describe-kernel.js';

/** Kernel state on one line: sections and how many records each has; the JSON form has all of them. */
export function kernelText({ nestedPids, sections }: KernelStateDescription): string {
  const counts = Object.entries(sections).flatMap(([name, items]) => {
    const records = items.filter(({ kind }) => kind === 'record').length;
    return records === 0 ? [] : [`${name} ${countText(records, 'record')}`];
  });
  const pids = nestedPids.length === 0 ? [] : [`nested pids ${nestedPids.join(' ')}`];
  return `kernel state: ${[...pids, ...counts].join(', ') || 'no records'}`;
}
