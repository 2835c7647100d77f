import { execFileSync, spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { fileURLToPath } from 'node:url';

const INIT = fileURLToPath(new URL('guest-init.sh', import.meta.url));

const FOLDERS = ['bin', 'dev', 'modules', 'out', 'proc', 'root', 'run', 'share', 'sys', 'tmp', 'var/tmp'];

function whereIs(program) {
  return fs.realpathSync(execFileSync('sh', ['-c', `command -v ${program}`], { encoding: 'utf8' }).trim());
}

/** The shared libraries of a program, with the loader, by the paths at which it looks for them. */
function librariesOf(program) {
  // its status says no more than that a program has none
  const said = spawnSync('ldd', [program], { encoding: 'utf8' }).stdout;
  return [...said.matchAll(/(\/\S+) \(0x/g)].map((match) => match[1]);
}

function copyInto(root, from, to) {
  const target = path.join(root, to);
  fs.mkdirSync(path.dirname(target), { recursive: true });
  fs.cpSync(from, target, { recursive: true, dereference: true });
}

function archive(root, file) {
  const names = ['.', ...fs.readdirSync(root, { recursive: true })].join('\0');
  const packed = fs.openSync(file, 'a');
  try {
    const stdio = ['pipe', packed, 'inherit'];
    execFileSync('cpio', ['--quiet', '-0', '-o', '-H', 'newc', '-R', '0:0'], { cwd: root, input: names, stdio });
  } finally {
    fs.closeSync(packed);
  }
}

function quote(word) {
  return `'${word.replaceAll("'", "'\\''")}'`;
}

function fillRoot(root, kernel, command, share) {
  for (const folder of FOLDERS) fs.mkdirSync(path.join(root, folder), { recursive: true });
  for (const folder of ['tmp', 'var/tmp']) fs.chmodSync(path.join(root, folder), 0o1777);
  for (const [name, program] of Object.entries({ busybox: whereIs('busybox'), node: process.execPath })) {
    copyInto(root, program, `bin/${name}`);
    for (const library of librariesOf(program)) copyInto(root, library, library);
  }
  for (const name of fs.readdirSync(kernel))
    if (name.endsWith('.ko')) copyInto(root, `${kernel}/${name}`, `modules/${name}`);
  for (const [name, from] of Object.entries(share)) copyInto(root, from, path.join('share', name));
  fs.writeFileSync(path.join(root, 'command'), `exec ${command.map(quote).join(' ')}\n`);
  copyInto(root, INIT, 'init');
  fs.chmodSync(path.join(root, 'init'), 0o755);
}

/**
 * Writes the guest's file system: busybox, this very node with its libraries, the kernel's modules, and what is given.
 *
 * @param scratch  an empty folder for the making
 * @param kernel   what prepareKernel gave
 * @param command  words of the command, run in /share
 * @param share    files and folders for /share, by their names there
 */
export function writeInitrd(file, scratch, kernel, command, share) {
  const root = path.join(scratch, 'root');
  fillRoot(root, kernel, command, share);
  archive(root, file);
  fs.rmSync(root, { recursive: true });
}
