import * as fs from 'node:fs';
import { waitUntil } from './wait.js';

/** The state letters of all threads of a process, `SST`; empty when it is gone. */
export function threadStates(pid: number): string {
  const tasks = `/proc/${pid}/task`;
  if (!fs.existsSync(tasks)) return '';
  return fs
    .readdirSync(tasks)
    .map((tid) => fs.readFileSync(`${tasks}/${tid}/stat`, 'latin1'))
    .map((stat) => stat.slice(stat.lastIndexOf(')') + 2, stat.lastIndexOf(')') + 3))
    .join('');
}

export function isStopped(pid: number): boolean {
  return /^T+$/.test(threadStates(pid));
}

/** Stops a process by SIGSTOP and waits until every thread has. */
export async function stopProcess(pid: number): Promise<void> {
  process.kill(pid, 'SIGSTOP');
  await waitUntil(`process ${pid} stops`, () => isStopped(pid));
}
