/**
 * Runs crit again and again in one process: under emulation most of a short command's time is its start.
 *
 * Started by CritLoop (crit-runner.mjs), which sends the words of a command and is sent its exit status. What crit prints goes
 * to our own standard output and error.
 */
import { pathToFileURL } from 'node:url';

const crit = process.argv[2];
let runs = 0;

process.on('message', async (words) => {
  process.argv = [process.execPath, crit, ...words];
  process.exitCode = undefined;
  // its first module is evaluated each time, the others once
  await import(`${pathToFileURL(crit).href}?run=${runs++}`);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.removeAllListeners(signal);
  process.send(process.exitCode ?? 0);
});
