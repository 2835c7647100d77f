import { numberIn } from './fields.js';
import type { StreamParts } from './parts.js';
import { PID_REFERENCES } from '../tables/tree.js';

/** Who a task is, as the outermost pid namespace of the image numbers it. */
export interface TaskIds {
  readonly pid: number;
  readonly tgid: number;
  readonly ppid: number;
  readonly pgid: number | undefined;
  readonly sid: number | undefined;
  /** In the namespaces further in. */
  readonly nested: readonly number[];
}

const NOBODY: TaskIds = { pid: 0, tgid: 0, ppid: 0, pgid: undefined, sid: undefined, nested: [] };

/** The ids of all tasks, in the order of the stream. Source: spec/cr-stream.md 8.4. */
export function taskIdsOf(parts: StreamParts): (i: number) => TaskIds {
  const hasObjects = parts.revision.pidObjects !== undefined;
  const nested = hasObjects ? undefined : nestedOf(parts);
  return (i) => {
    const entry = parts.pids[i];
    if (!entry) return NOBODY;
    const number = (name: string): number => {
      const value = numberIn(entry, name);
      return hasObjects ? pidOf(parts, value, name) : value;
    };
    const group = (name: string): number | undefined => positive(number(name));
    return {
      pid: number('vpid'),
      tgid: number('vtgid'),
      ppid: Math.max(0, number('vppid')),
      pgid: group('vpgid'),
      sid: group('vsid'),
      nested: nested?.[i] ?? parts.pidObjects.get(numberIn(entry, 'vpid'))?.slice(1) ?? [],
    };
  };
}

function positive(id: number): number | undefined {
  return id > 0 ? id : undefined;
}

/** The pid that a reference of v23 stands for; 0 for none. */
function pidOf(parts: StreamParts, reference: number, name: string): number {
  const [root] = parts.pids;
  const isRoot = reference === PID_REFERENCES.ROOT && root !== undefined;
  const id = isRoot ? numberIn(root, name) : reference;
  return parts.pidObjects.get(id)?.[0] ?? 0;
}

/** As many numbers of the vpids BUFFER for each task as it is deep. */
function nestedOf({ pids, vpids }: StreamParts): readonly (readonly number[])[] {
  let next = 0;
  return pids.map((entry) => {
    const first = next;
    next += Math.max(0, numberIn(entry, 'depth'));
    return vpids.slice(first, next);
  });
}
