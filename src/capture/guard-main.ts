// The guard of a capture, started as a process of its own by guard.ts: guard-main.js PID START_TIME [TEMPORARY_FILE].
// When the capture is gone without dismissing it, it resumes the target and removes the unfinished file.
import * as fs from 'node:fs';
import { GUARD_STATE, STATE_FD } from './guard-state.js';
import { parseStat } from './stat.js';

const STANDARD_OUTPUT = 1;
const IGNORED: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGPIPE'];

function resume(pid: number, startTime: string): void {
  try {
    const stat = parseStat(fs.readFileSync(`/proc/${String(pid)}/stat`));
    if (String(stat.startTime) === startTime) process.kill(pid, 'SIGCONT');
  } catch {
    // the target has ended: there is nobody to resume
  }
}

function finish(): void {
  const [pid = '', startTime = '', temporaryFile] = process.argv.slice(2);
  const state = new Uint8Array(1);
  fs.readSync(STATE_FD, state, 0, 1, 0);
  if (state[0] === GUARD_STATE.armed) resume(Number(pid), startTime);
  if (state[0] !== GUARD_STATE.dismissed && temporaryFile !== undefined) fs.rmSync(temporaryFile, { force: true });
  process.exit();
}

for (const signal of IGNORED) {
  process.on(signal, () => {
    // what ends the capture must not end the guard
  });
}
// the capture waits for this; should it be gone before the next line, standard input has ended by then
fs.writeSync(STANDARD_OUTPUT, 'ready\n');
process.stdin.on('close', finish).resume();
