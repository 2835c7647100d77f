import * as fs from 'node:fs';
import * as path from 'node:path';
import { errnoOf } from '../../format/errors.js';
import type { Target } from '../identity.js';
import { procPath } from '../proc-file.js';

/**
 * Clearing the soft-dirty bits of a process makes every image before that one useless as a parent, and nothing in the
 * process says who cleared them last. So it is noted in a file, where all who may clear them look.
 */
const SHARED_DIRECTORY = '/run/crit';
const BOOT_ID = '/proc/sys/kernel/random/boot_id';
const MAX_ENTRY_BYTES = 4096;
const ENTRY_NAME = /^cleared-(\d+)-/;
const ROOT = 0;
/** Others may not write there. */
const WRITABLE_BY_OTHERS = 0o022;
const DIRECTORY_MODE = 0o755;
const ENTRY_MODE = 0o644;

/** One clearing of the bits of a process. */
export interface ClearEntry {
  /** Nanoseconds of the monotonic clock. */
  readonly clearedNs: bigint;
  /** Identity of the image that the clearing belongs to, in hex; empty while there is none. */
  readonly id: string;
}

/** Directories that are looked in. */
export interface RegistryPlaces {
  readonly directories: readonly { readonly path: string; readonly uid: number }[];
}

/** Where clearings of a process are noted: by root, and by the user that it belongs to. */
export function placesFor({ pid }: Target): RegistryPlaces {
  return placesOf(fs.statSync(procPath(pid, 'clear_refs')).uid);
}

function placesOf(uid: number): RegistryPlaces {
  const ofUser = [`/run/user/${String(uid)}/crit`, `/tmp/crit-${String(uid)}`].map((at) => ({ path: at, uid }));
  return { directories: [{ path: SHARED_DIRECTORY, uid: ROOT }, ...(uid === ROOT ? [] : ofUser)] };
}

function fileName({ pid, startTime }: Target): string {
  const boot = fs.readFileSync(BOOT_ID, 'latin1').trim();
  return `cleared-${String(pid)}-${String(startTime)}-${boot}`;
}

/** Whether nobody but its owner can have put anything there. */
function isTrusted(directory: string, uid: number): boolean {
  const stat = fs.lstatSync(directory, { throwIfNoEntry: false });
  return stat?.isDirectory() === true && stat.uid === uid && (stat.mode & WRITABLE_BY_OTHERS) === 0;
}

function parseEntry(text: string): ClearEntry | undefined {
  const match = /^(\d+) ([0-9a-f]*)\n$/.exec(text);
  return match ? { clearedNs: BigInt(match[1] ?? ''), id: match[2] ?? '' } : undefined;
}

function readEntry(file: string): ClearEntry | undefined {
  let fd: number;
  try {
    fd = fs.openSync(file, fs.constants.O_RDONLY | fs.constants.O_NOFOLLOW | fs.constants.O_NONBLOCK);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  }
  try {
    const bytes = Buffer.alloc(MAX_ENTRY_BYTES);
    return parseEntry(bytes.toString('latin1', 0, fs.readSync(fd, bytes, 0, bytes.length, 0)));
  } finally {
    fs.closeSync(fd);
  }
}

/** The last clearing that anybody has noted; undefined where there is none. @throws where a place cannot be read */
export function lastClear(target: Target, { directories }: RegistryPlaces): ClearEntry | undefined {
  const name = fileName(target);
  const entries = directories
    .filter(({ path: directory, uid }) => isTrusted(directory, uid))
    .flatMap(({ path: directory }) => readEntry(path.join(directory, name)) ?? []);
  return entries.sort((a, b) => (a.clearedNs < b.clearedNs ? 1 : -1))[0];
}

function isOurs(directory: string, uid: number): boolean {
  if (uid !== process.geteuid?.()) return false;
  try {
    fs.mkdirSync(directory, { mode: DIRECTORY_MODE });
  } catch (error) {
    if (errnoOf(error) !== 'EEXIST') return false;
  }
  return isTrusted(directory, uid);
}

/** Notes a clearing; one without an image makes all images before it useless. False where there is no place for it. */
export function noteClear(target: Target, { directories }: RegistryPlaces, { clearedNs, id }: ClearEntry): boolean {
  const ours = directories.find(({ path: directory, uid }) => isOurs(directory, uid));
  if (!ours) return false;
  const file = path.join(ours.path, fileName(target));
  const temporary = `${file}.${String(process.pid)}`;
  fs.writeFileSync(temporary, `${String(clearedNs)} ${id}\n`, { mode: ENTRY_MODE });
  fs.renameSync(temporary, file);
  return true;
}

/** Where we note clearings. */
function ownPlaces(): RegistryPlaces {
  return placesOf(process.geteuid?.() ?? ROOT);
}

/**
 * Removes our notes on processes that have ended; whoever looks for one of them finds none, and believes nothing. To be called
 * while nobody stands still: it looks at all that are noted.
 */
export function forgetEnded({ directories }: RegistryPlaces = ownPlaces()): void {
  const uid = process.geteuid?.();
  for (const place of directories) if (place.uid === uid && isTrusted(place.path, place.uid)) forgetEndedIn(place.path);
}

function forgetEndedIn(directory: string): void {
  for (const name of fs.readdirSync(directory)) {
    const pid = ENTRY_NAME.exec(name)?.[1];
    if (pid !== undefined && !fs.existsSync(procPath(Number(pid), '')))
      fs.rmSync(path.join(directory, name), { force: true });
  }
}
