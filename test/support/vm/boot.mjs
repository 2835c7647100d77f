import { spawn } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';

const MEMORY_MIB = 1536;
const SWAP_MIB = 128;
const OUTPUT_MIB = 1024;

const BOOT_LINE = 'console=ttyS0 quiet panic=-1 mitigations=off random.trust_cpu=on rdinit=/init';

function sparseFile(file, mebibytes) {
  fs.writeFileSync(file, '');
  fs.truncateSync(file, mebibytes * 1024 * 1024);
  return `if=virtio,format=raw,cache=unsafe,file=${file}`;
}

/**
 * Boots a guest under emulation (TCG: no hardware support needed) and waits until it has ended itself.
 *
 * @param folder  where its disks and messages go: `output` (the tar that the guest wrote), `console`
 * @throws Error with the guest's last messages after `limitMs`, or when qemu fails
 */
export async function boot(folder, kernel, initrd, limitMs) {
  const console_ = path.join(folder, 'console');
  const machine = ['-accel', 'tcg', '-cpu', 'max,la57=off', '-m', String(MEMORY_MIB), '-smp', '2'];
  const quiet = ['-nodefaults', '-nographic', '-no-reboot', '-monitor', 'none', '-serial', `file:${console_}`];
  const system = ['-kernel', path.join(kernel, 'vmlinuz'), '-initrd', initrd, '-append', BOOT_LINE];
  // in the order in which the guest names them: vda, vdb
  const swap = ['-drive', sparseFile(path.join(folder, 'swap'), SWAP_MIB)];
  const output = ['-drive', sparseFile(path.join(folder, 'output'), OUTPUT_MIB)];
  const said = await runToItsEnd([...machine, ...quiet, ...system, ...swap, ...output], limitMs);
  if (said === undefined) return;
  const messages = fs.existsSync(console_) ? fs.readFileSync(console_, 'latin1').slice(-4000) : '';
  throw new Error(`${said}\n${messages}`);
}

function runToItsEnd(args, limitMs) {
  return new Promise((resolve, reject) => {
    const guest = spawn('qemu-system-x86_64', args, {
      stdio: ['ignore', 'ignore', 'pipe'],
      timeout: limitMs,
      killSignal: 'SIGKILL',
    });
    // a test that is interrupted leaves no guest behind
    const end = () => guest.kill('SIGKILL');
    process.once('exit', end);
    let errors = '';
    guest.stderr.on('data', (text) => (errors += text));
    guest.once('error', reject);
    guest.once('close', (status, signal) => {
      process.off('exit', end);
      if (status === 0) resolve(undefined);
      else
        resolve(signal === null ? `qemu: status ${status}: ${errors}` : `the guest did not end within ${limitMs} ms`);
    });
  });
}
