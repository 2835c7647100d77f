// The guard of a capture, started as a process of its own by guard.ts: guard-main.js TEMPORARY_FILE MAX_STOP_MS, either of
// which may be empty. When the capture is gone without dismissing it, it undoes what the journal says and removes the
// unfinished file; when the processes have stood still for too long, it does the former while the capture lives.
import * as fs from 'node:fs';
import { returnFromCgroup } from './cgroup-return.js';
import { JOURNAL_FD, readJournal, type Undo } from './guard-journal.js';
import { parseStat } from './stat.js';

const STANDARD_OUTPUT = 1;
const IGNORED: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGPIPE'];
/** The journal is looked at so often in the time that processes may stand still. */
const POLLS = 20;
const MAX_POLL_MS = 10;

function resume(pid: number, startTime: string): void {
  try {
    const stat = parseStat(fs.readFileSync(`/proc/${String(pid)}/stat`));
    if (String(stat.startTime) === startTime) process.kill(pid, 'SIGCONT');
  } catch {
    // the target has ended: there is nobody to resume
  }
}

function undoAll(undo: readonly Undo[]): void {
  // those that run again by one signal do not wait for cgroups
  for (const one of undo) if (one.undo === 'stop') resume(one.pid, one.startTime);
  for (const one of undo) if (one.undo === 'cgroup') returnFromCgroup(one.directory, one.home);
}

const [temporaryFile = '', maxStop = ''] = process.argv.slice(2);

function finish(): void {
  const { undo, isDismissed } = readJournal(JOURNAL_FD);
  undoAll(undo);
  if (!isDismissed && temporaryFile !== '') fs.rmSync(temporaryFile, { force: true });
  process.exit();
}

/** Again and again as long as the capture does not say that it has done so itself: it may stop somebody late. */
function enforceDeadline(): void {
  const { undo, deadlineNs } = readJournal(JOURNAL_FD);
  if (deadlineNs !== undefined && process.hrtime.bigint() >= deadlineNs) undoAll(undo);
}

for (const signal of IGNORED) {
  process.on(signal, () => {
    // what ends the capture must not end the guard
  });
}
if (maxStop !== '') setInterval(enforceDeadline, Math.min(MAX_POLL_MS, Math.ceil(Number(maxStop) / POLLS)));
// the capture waits for this; should it be gone before the next line, standard input has ended by then
fs.writeSync(STANDARD_OUTPUT, 'ready\n');
process.stdin.on('close', finish).resume();
