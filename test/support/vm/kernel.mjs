/**
 * Debian kernels for the virtual machine: downloaded once with apt-get, kept in a folder of the user's cache.
 *
 *   node test/support/vm/kernel.mjs [VERSION...]     fetches them ahead of time
 */
import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { fileURLToPath } from 'node:url';

/** Kernels with soft-dirty bits; 6.1 knows neither PAGEMAP_SCAN nor what came with it. */
export const KERNELS = {
  6.1: 'linux-image-cloud-amd64',
  6.12: 'linux-image-6.12-cloud-amd64',
};

/** What the guest's disks need; a module that is built into a kernel has no file. */
const MODULES = ['virtio_pci', 'virtio_blk'];

const NEEDED_OPTIONS = ['CONFIG_MEM_SOFT_DIRTY=y', 'CONFIG_USERFAULTFD=y', 'CONFIG_SWAP=y'];

function cacheDirectory() {
  const cache = process.env.XDG_CACHE_HOME ?? path.join(os.homedir(), '.cache');
  return process.env.CRIT_VM_CACHE ?? path.join(cache, 'crit-vm');
}

const run = (command, args, options) =>
  execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], maxBuffer: 1 << 28, ...options });

/** The package that a metapackage stands for. */
function imagePackage(metapackage) {
  const depends = run('apt-cache', ['depends', metapackage]);
  const name = /^\s*Depends: (linux-image-\d\S*)$/m.exec(depends)?.[1];
  if (name === undefined) throw new Error(`${metapackage} names no kernel image`);
  return name;
}

function findImagePackage(metapackage) {
  try {
    return imagePackage(metapackage);
  } catch {
    // the package lists may be old or not there at all
    run('apt-get', ['-qq', 'update']);
    return imagePackage(metapackage);
  }
}

function download(packageName, directory) {
  const fetch = ['-qq', '-o', 'APT::Sandbox::User=root', 'download', packageName];
  try {
    run('apt-get', fetch, { cwd: directory });
  } catch {
    run('apt-get', ['-qq', 'update']);
    run('apt-get', fetch, { cwd: directory });
  }
  const file = fs.readdirSync(directory).find((name) => name.endsWith('.deb'));
  if (file === undefined) throw new Error(`apt-get brought no package ${packageName}`);
  return path.join(directory, file);
}

function findFile(directory, pattern) {
  return fs.readdirSync(directory, { recursive: true }).find((name) => pattern.test(path.basename(name)));
}

function unpackModule(file) {
  return file.endsWith('.xz') ? run('xz', ['-dc', file], { encoding: 'buffer' }) : fs.readFileSync(file);
}

/** The contents of a module and of all that it depends on, in the order of loading. */
function collectModules(tree, name, loaded) {
  if (loaded.has(name)) return;
  const file = findFile(tree, new RegExp(`^${name.replaceAll('_', '[-_]')}\\.ko(\\.xz)?$`));
  if (file === undefined) return;
  const contents = unpackModule(path.join(tree, file));
  const depends = /\0depends=([^\0]*)\0/.exec(contents.toString('latin1'))?.[1] ?? '';
  for (const dependency of depends.split(',')) if (dependency !== '') collectModules(tree, dependency, loaded);
  loaded.set(name, contents);
}

function checkOptions(tree) {
  const [config] = fs.readdirSync(`${tree}/boot`).filter((name) => name.startsWith('config-'));
  const lines = fs.readFileSync(`${tree}/boot/${config}`, 'utf8').split('\n');
  const missing = NEEDED_OPTIONS.filter((option) => !lines.includes(option));
  if (missing.length > 0) throw new Error(`${config} lacks ${missing.join(', ')}`);
}

/** vmlinuz and NN-name.ko: what a boot needs of a package of about 100 MB. */
function unpackKernel(deb, into) {
  const tree = path.join(path.dirname(deb), 'tree');
  run('dpkg-deb', ['-x', deb, tree]);
  checkOptions(tree);
  fs.copyFileSync(path.join(tree, 'boot', findFile(`${tree}/boot`, /^vmlinuz-/)), path.join(into, 'vmlinuz'));
  const modules = new Map();
  for (const name of MODULES) collectModules(`${tree}/lib/modules`, name, modules);
  [...modules].forEach(([name, contents], i) => {
    fs.writeFileSync(path.join(into, `${String(i).padStart(2, '0')}-${name}.ko`), contents);
  });
}

/**
 * The folder of a kernel: vmlinuz, and modules under names that sort as they are to be loaded.
 *
 * @throws Error when it cannot be fetched (no apt-get, no network, no such package)
 */
export function prepareKernel(version) {
  const metapackage = KERNELS[version];
  if (metapackage === undefined) throw new Error(`no such kernel: ${version}`);
  const folder = path.join(cacheDirectory(), `kernel-${version}`);
  if (fs.existsSync(folder)) return folder;
  fs.mkdirSync(cacheDirectory(), { recursive: true });
  const scratch = fs.mkdtempSync(path.join(cacheDirectory(), 'making-'));
  try {
    const made = path.join(scratch, 'kernel');
    fs.mkdirSync(made);
    unpackKernel(download(findImagePackage(metapackage), scratch), made);
    // another run may have been faster
    if (!fs.existsSync(folder)) fs.renameSync(made, folder);
    return folder;
  } finally {
    fs.rmSync(scratch, { recursive: true, force: true });
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const wanted = process.argv.slice(2);
  for (const version of wanted.length > 0 ? wanted : Object.keys(KERNELS)) console.log(prepareKernel(version));
}
