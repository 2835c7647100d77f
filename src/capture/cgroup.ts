import { randomBytes } from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { CaptureError, errnoOf } from '../format/errors.js';
import { isGone, readProcFile } from './proc-file.js';

/** The line of the one v2 hierarchy in /proc/PID/cgroup. */
const V2_LINE = /^0::(\/.*)$/m;
/** Root, mount point and type in a line of mountinfo. */
const MOUNT = /^\d+ \d+ \S+ (\S+) (\S+) .* - cgroup2 /m;
/** mountinfo writes blanks and backslashes in octal. */
const OCTAL = /\\([0-7]{3})/g;
const NAME_BYTES = 8;

/** That a process cannot be frozen by a cgroup. */
export function noFreezer(what: string, cause?: unknown): CaptureError {
  return new CaptureError('NO_FREEZER', { what, cause });
}

/** Where the v2 hierarchy is mounted, and which cgroup is seen there. */
export interface CgroupMount {
  readonly root: string;
  readonly directory: string;
}

function unescape(text: string): string {
  return text.replace(OCTAL, (_all, digits: string) => String.fromCharCode(parseInt(digits, 8)));
}

/** Finds the v2 hierarchy in the text of a mountinfo file; undefined when there is none. */
export function parseCgroupMount(mountinfo: string): CgroupMount | undefined {
  const [, root, directory] = MOUNT.exec(mountinfo) ?? [];
  return root === undefined || directory === undefined
    ? undefined
    : { root: unescape(root), directory: unescape(directory) };
}

/** The folder of the v2 cgroup that the text of a /proc/PID/cgroup names; undefined where it is not under the mount. */
export function cgroupDirectory(text: string, mount: CgroupMount): string | undefined {
  const cgroup = V2_LINE.exec(text)?.[1];
  // of a process outside our cgroup namespace it begins like this
  if (cgroup === undefined || cgroup.startsWith('/..')) return undefined;
  const within = path.posix.relative(mount.root, cgroup);
  return within === '..' || within.startsWith('../') ? undefined : path.join(mount.directory, within);
}

/** @throws {CaptureError} `NO_FREEZER` */
export function findCgroupMount(): CgroupMount {
  const mount = parseCgroupMount(fs.readFileSync('/proc/self/mountinfo', 'latin1'));
  if (!mount) throw noFreezer('no cgroup v2 hierarchy is mounted');
  return mount;
}

/**
 * The folder of the cgroup that a process is in.
 *
 * @throws {CaptureError} `NO_FREEZER`, `TARGET_ENDED`
 */
export function homeOf(pid: number, mount: CgroupMount): string {
  const home = cgroupDirectory(readProcFile(pid, 'cgroup').toString(), mount);
  if (home === undefined || !fs.existsSync(home))
    throw noFreezer(`the cgroup of process ${String(pid)} is not to be seen in ${mount.directory}`);
  return home;
}

/** A name for a cgroup below another one, which nobody else has. */
export function temporaryCgroup(home: string): string {
  return path.join(home, `crit-freeze-${randomBytes(NAME_BYTES).toString('hex')}`);
}

/**
 * Checks that processes can be taken out of a cgroup and put back.
 *
 * @throws {CaptureError} `NO_FREEZER`
 */
export function checkHome(home: string): void {
  try {
    fs.accessSync(home, fs.constants.W_OK);
    fs.accessSync(path.join(home, 'cgroup.procs'), fs.constants.W_OK);
  } catch (cause) {
    throw noFreezer(`${home} cannot be written to (${errnoOf(cause) ?? String(cause)}); root can, mostly`, cause);
  }
  // the root, which has no type, may hold processes whatever it gives on
  if (!fs.existsSync(path.join(home, 'cgroup.type'))) return;
  const controllers = fs.readFileSync(path.join(home, 'cgroup.subtree_control'), 'latin1').trim();
  if (controllers === '') return;
  throw noFreezer(`${home} gives on controllers (${controllers}), so that it takes no processes back`);
}

/** Writes to a file of a cgroup. @throws {CaptureError} `NO_FREEZER` */
export function writeCgroup(directory: string, file: string, text: string): void {
  try {
    fs.writeFileSync(path.join(directory, file), text);
  } catch (cause) {
    throw noFreezer(`writing ${text} to ${path.join(directory, file)} failed (${errnoOf(cause) ?? ''})`, cause);
  }
}

/** Makes a cgroup. @throws {CaptureError} `NO_FREEZER` */
export function makeCgroup(directory: string): void {
  try {
    fs.mkdirSync(directory);
  } catch (cause) {
    throw noFreezer(`making ${directory} failed (${errnoOf(cause) ?? ''})`, cause);
  }
}

/** What a file of a cgroup holds; nothing once somebody has removed the cgroup. */
function readCgroup(directory: string, file: string): string {
  try {
    return fs.readFileSync(path.join(directory, file), 'latin1');
  } catch (cause) {
    if (isGone(cause) || errnoOf(cause) === 'ENODEV') return '';
    throw noFreezer(`reading ${path.join(directory, file)} failed (${errnoOf(cause) ?? ''})`, cause);
  }
}

/** The processes of a cgroup now. @throws {CaptureError} `NO_FREEZER` */
export function membersOf(directory: string): number[] {
  return readCgroup(directory, 'cgroup.procs').split('\n').filter(Boolean).map(Number);
}

/**
 * Whether a cgroup has processes and all of them are frozen: an empty one says that it is frozen, too.
 *
 * @throws {CaptureError} `NO_FREEZER`
 */
export function isFrozen(directory: string): boolean {
  const events = readCgroup(directory, 'cgroup.events');
  return /^frozen 1$/m.test(events) && /^populated 1$/m.test(events);
}
