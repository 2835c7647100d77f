import * as fs from 'node:fs';

const STOP_LIMIT_MS = 20_000;
const POLL_MS = 5;

/** Stops a process, and waits until it stands still. */
export async function stop(pid) {
  process.kill(pid, 'SIGSTOP');
  const end = Date.now() + STOP_LIMIT_MS;
  while (!/\) T /.test(fs.readFileSync(`/proc/${pid}/stat`, 'latin1'))) {
    if (Date.now() > end) throw new Error(`${pid} does not stop`);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}
