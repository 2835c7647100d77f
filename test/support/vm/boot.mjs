import { spawn } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';

const MEMORY_MIB = 1536;
/** A boot takes three seconds on an idle machine. */
const START_LIMIT_MS = 180_000;
const POLL_MS = 200;
/** What guest-init.sh says when all is ready. */
const COMMAND_LINE = 'crit-vm: running the command';
const SWAP_MIB = 128;
const OUTPUT_MIB = 1024;

const BOOT_LINE = 'console=ttyS0 quiet panic=-1 mitigations=off random.trust_cpu=on rdinit=/init';

function sparseFile(file, mebibytes) {
  fs.writeFileSync(file, '');
  fs.truncateSync(file, mebibytes * 1024 * 1024);
  return `if=virtio,format=raw,cache=unsafe,file=${file}`;
}

function readConsole(folder) {
  const file = path.join(folder, 'console');
  return fs.existsSync(file) ? fs.readFileSync(file, 'latin1') : '';
}

/** The guest broke down before its command began: it may be tried again. */
export class BootFailure extends Error {}

/**
 * Boots a guest under emulation (TCG: no hardware support needed) and waits until it has ended itself.
 *
 * @param folder     where its disks and messages go: `output` (the tar that the guest wrote), `console`
 * @param memoryMib  how much memory it has
 * @throws {BootFailure} when it does not come to its command in time
 * @throws Error with the guest's last messages after `limitMs`, or when qemu fails
 */
export async function boot(folder, kernel, initrd, { limitMs, memoryMib = MEMORY_MIB }) {
  const machine = ['-accel', 'tcg', '-cpu', 'max,la57=off', '-m', String(memoryMib), '-smp', '2'];
  const serial = ['-serial', `file:${path.join(folder, 'console')}`];
  const quiet = ['-nodefaults', '-nographic', '-no-reboot', '-monitor', 'none', ...serial];
  const system = ['-kernel', path.join(kernel, 'vmlinuz'), '-initrd', initrd, '-append', BOOT_LINE];
  // in the order in which the guest names them: vda, vdb
  const swap = ['-drive', sparseFile(path.join(folder, 'swap'), SWAP_MIB)];
  const output = ['-drive', sparseFile(path.join(folder, 'output'), OUTPUT_MIB)];
  const hasStarted = () => readConsole(folder).includes(COMMAND_LINE);
  const said = await runToItsEnd([...machine, ...quiet, ...system, ...swap, ...output], limitMs, hasStarted);
  const isOver = hasStarted();
  if (said === undefined && isOver) return;
  const messages = `${said ?? 'the guest ended before its command began'}\n${readConsole(folder).slice(-4000)}`;
  throw isOver ? new Error(messages) : new BootFailure(messages);
}

function runToItsEnd(args, limitMs, hasStarted) {
  return new Promise((resolve, reject) => {
    const guest = spawn('qemu-system-x86_64', args, {
      stdio: ['ignore', 'ignore', 'pipe'],
      timeout: limitMs,
      killSignal: 'SIGKILL',
    });
    // a test that is interrupted leaves no guest behind
    const end = () => guest.kill('SIGKILL');
    process.once('exit', end);
    const startBy = Date.now() + START_LIMIT_MS;
    const watch = setInterval(() => {
      if (hasStarted()) clearInterval(watch);
      else if (Date.now() > startBy) end();
    }, POLL_MS);
    let errors = '';
    guest.stderr.on('data', (text) => (errors += text));
    guest.once('error', reject);
    guest.once('close', (status, signal) => {
      clearInterval(watch);
      process.off('exit', end);
      if (status === 0) resolve(undefined);
      else resolve(signal === null ? `qemu: status ${status}: ${errors}` : 'the guest did not come to its end in time');
    });
  });
}
