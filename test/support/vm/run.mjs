/**
 * Runs one command in a virtual machine with a kernel that has soft-dirty bits.
 *
 *   node test/support/vm/run.mjs [--kernel 6.1|6.12] [--share NAME=PATH]... [--out FOLDER] COMMAND [WORD...]
 *
 * In the guest the command runs as root in /share; what it leaves in /out is brought back into FOLDER. The guest has
 * busybox, node, 128 MiB of swap, 8 huge pages, a cgroup v2 tree, and no network.
 */
import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { BootFailure, boot } from './boot.mjs';
import { writeInitrd } from './initrd.mjs';
import { prepareKernel } from './kernel.mjs';

const LIMIT_MS = 600_000;

/** What the guest left; it writes nothing when it broke down before the end. */
function unpack(scratch, out) {
  execFileSync('tar', ['-C', out, '--no-same-owner', '-xf', path.join(scratch, 'output')]);
  if (fs.existsSync(path.join(out, 'status'))) return;
  const messages = fs.readFileSync(path.join(scratch, 'console'), 'latin1');
  throw new Error(`the guest ended before its command had:\n${messages.slice(-4000)}`);
}

/** A machine that does much else may be too slow for a boot; a command that was begun is never run again. */
async function bootOrRetry(...guest) {
  try {
    await boot(...guest);
  } catch (error) {
    if (!(error instanceof BootFailure)) throw error;
    console.error(`booting once more: ${error.message}`);
    await boot(...guest);
  }
}

/**
 * @param options  kernel (a key of KERNELS), command, share (see writeInitrd), out (an empty folder), limitMs, memoryMib
 * @returns        { status, stdout, stderr } of the command; its files are in `out`
 * @throws Error   when the guest did not end by itself
 */
export async function runInVm({ kernel, command, share = {}, out, limitMs = LIMIT_MS, memoryMib }) {
  const folder = prepareKernel(kernel);
  const scratch = fs.mkdtempSync(path.join(os.tmpdir(), 'crit-vm-'));
  try {
    const initrd = path.join(scratch, 'initrd');
    writeInitrd(initrd, scratch, folder, command, share);
    await bootOrRetry(scratch, folder, initrd, { limitMs, memoryMib });
    unpack(scratch, out);
    const text = (name) => fs.readFileSync(path.join(out, name), 'utf8');
    return { status: Number(text('status')), stdout: text('stdout'), stderr: text('stderr') };
  } finally {
    fs.rmSync(scratch, { recursive: true, force: true });
  }
}

async function main() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      kernel: { type: 'string', default: '6.1' },
      share: { type: 'string', multiple: true, default: [] },
      out: { type: 'string' },
    },
  });
  const share = Object.fromEntries(values.share.map((pair) => pair.split(/=(.*)/s, 2)));
  const out = values.out ?? fs.mkdtempSync(path.join(os.tmpdir(), 'crit-vm-out-'));
  fs.mkdirSync(out, { recursive: true });
  const result = await runInVm({ kernel: values.kernel, command: positionals, share, out });
  process.stdout.write(result.stdout);
  process.stderr.write(result.stderr);
  process.exitCode = result.status;
  if (values.out === undefined) fs.rmSync(out, { recursive: true });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main();
