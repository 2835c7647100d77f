import {
  checkHome,
  findCgroupMount,
  homeOf,
  isFrozen,
  makeCgroup,
  membersOf,
  temporaryCgroup,
  writeCgroup,
} from './cgroup.js';
import { returnFromCgroup, thaw } from './cgroup-return.js';
import { runningThreads, type Brake } from './freeze-method.js';
import type { Guard } from './guard.js';
import type { Target } from './identity.js';
import { readStat } from './target.js';
import { readThreadStates } from './threads.js';

/** A cgroup that we made, and the one that its processes came from. */
interface Room {
  readonly directory: string;
  readonly home: string;
}

/**
 * The freezer of cgroup v2: a cgroup below that of the processes, for as long as they stand still. Parents are not told,
 * nobody's SIGCONT ends it, a parent that waits in vfork is no obstacle, and children that are born meanwhile are in it.
 */
export class CgroupBrake implements Brake {
  readonly method = 'cgroup';
  readonly countsSwitches = false;
  readonly stopsInAnyOrder = true;
  readonly #guard: Guard;
  /** By home. */
  readonly #rooms = new Map<string, Room>();

  constructor(guard: Guard) {
    this.#guard = guard;
  }

  /** Moves them. @throws {CaptureError} `NO_FREEZER`, `TARGET_ENDED` */
  prepare(targets: readonly Target[]): void {
    const mount = findCgroupMount();
    for (const target of targets) {
      // a child that was born in one
      if (this.#roomOf(target)) continue;
      const home = homeOf(target.pid, mount);
      const room = this.#rooms.get(home) ?? this.#makeRoom(home);
      readStat(target);
      writeCgroup(room.directory, 'cgroup.procs', String(target.pid));
    }
  }

  stop(): void {
    for (const { directory } of this.#rooms.values()) writeCgroup(directory, 'cgroup.freeze', '1');
  }

  stillRunning(target: Target): string[] {
    const room = this.#roomOf(target);
    if (room && isFrozen(room.directory)) return [];
    return runningThreads(readThreadStates(target.pid));
  }

  letGo(): void {
    for (const { directory } of this.#rooms.values()) thaw(directory);
  }

  cleanUp(): boolean {
    const rooms = [...this.#rooms.values()];
    return rooms.map(({ directory, home }) => returnFromCgroup(directory, home)).every(Boolean);
  }

  #makeRoom(home: string): Room {
    checkHome(home);
    const room: Room = { directory: temporaryCgroup(home), home };
    this.#guard.arm({ undo: 'cgroup', directory: room.directory, home });
    makeCgroup(room.directory);
    this.#rooms.set(home, room);
    return room;
  }

  #roomOf({ pid }: Target): Room | undefined {
    return [...this.#rooms.values()].find(({ directory }) => membersOf(directory).includes(pid));
  }
}
