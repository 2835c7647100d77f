import { CaptureError } from '../format/errors.js';
import type { Task } from '../format/model/image.js';
import { describeTogether, type DescribeOptions, type Described } from './described.js';
import type { Family } from './family.js';
import { describeZombie } from './zombie.js';

/** All that live of a family. @throws {CaptureError} as `describeTogether` */
export function describeLiving(family: Family, options: DescribeOptions): Described {
  const [first, ...others] = family.holds;
  if (!first) throw new CaptureError('NO_SUCH_PROCESS', { what: 'no process is left to be captured' });
  return describeTogether([first, ...others], options);
}

/** All of a family: those that live, and those at their places that have ended. @throws {CaptureError} as `describeTogether` */
export function describeFamily(family: Family, options: DescribeOptions): Described {
  const described = describeLiving(family, options);
  const [firstTask] = described.tasks;
  const byPid = new Map(described.tasks.map((task) => [task.pid, task]));
  const rest = family.pids.flatMap((pid): Task[] => {
    const task = byPid.get(pid) ?? describeZombie(pid);
    return task && task !== firstTask ? [task] : [];
  });
  return { ...described, tasks: [firstTask, ...rest] };
}
