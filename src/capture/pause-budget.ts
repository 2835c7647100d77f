import { CaptureError, errnoOf } from '../format/errors.js';
import type { Described } from './described.js';
import type { Freeze } from './freeze.js';
import type { HeldRoom } from './held-copy.js';
import { HeldMemory } from './held-memory.js';
import { planHolding, type HeldPlan } from './held-plan.js';
import { runsByPlace } from './held-runs.js';
import type { ProcessMemory } from './memory.js';
import { keepRead, type PartialCapture } from './partial.js';
import { readProcFile } from './proc-file.js';
import { ReaderTeam, unitStates } from './reader-team.js';
import { parseMemoryUse } from './status.js';

/** A process may gain memory between being measured and being stopped: a part of what it has, and some more. */
const SLACK_FRACTION = 1 / 32;
const SLACK_BYTES = 8 * 1024 * 1024;

/** What became of the wish to hold contents in memory while a process is stopped. */
export interface PauseBudget {
  readonly limitBytes: number;
  /** Bytes of contents that were held; null if they were written while the process was stopped. */
  readonly heldBytes: number | null;
  /** Why they were not held. */
  readonly reason: string | null;
}

/** Half of the memory that is to be had now, in bytes; a limit of a container counts. */
export function defaultPauseBudget(): number {
  return Math.floor(process.availableMemory() / 2);
}

/** Either a team with room, or the reason why there is none. */
export type BudgetRoom =
  | { readonly limitBytes: number; readonly team: ReaderTeam }
  | { readonly limitBytes: number; readonly team?: undefined; readonly reason: string };

function tooMuch(bytes: number, limitBytes: number): string {
  return `the contents are ${String(bytes)} bytes, more than the ${String(limitBytes)} allowed`;
}

/** Bytes of contents that a process has now, about; 0 if it cannot be asked. */
export function expectedBytes(pid: number): number {
  try {
    const { anonymousBytes, sharedBytes, swappedBytes } = parseMemoryUse(readProcFile(pid, 'status'));
    return anonymousBytes + sharedBytes + swappedBytes;
  } catch {
    // the capture itself says what is wrong
    return 0;
  }
}

/** Takes room for the contents that a process has now, in which every page is there before the process is stopped. */
export async function prepareRoom(
  pid: number,
  memory: ProcessMemory,
  limitBytes: number,
  signal: AbortSignal | undefined,
): Promise<BudgetRoom> {
  const used = expectedBytes(pid);
  if (used > limitBytes) return { limitBytes, reason: tooMuch(used, limitBytes) };
  const bytes = Math.min(limitBytes, Math.ceil(used * (1 + SLACK_FRACTION)) + SLACK_BYTES);
  const team = startTeam(memory, bytes);
  if (typeof team === 'string') return { limitBytes, reason: team };
  try {
    await team.ready(signal);
    return { limitBytes, team };
  } catch (error) {
    await team.end();
    throw error;
  }
}

function startTeam(memory: ProcessMemory, bytes: number): ReaderTeam | string {
  try {
    return new ReaderTeam(memory, bytes);
  } catch (error) {
    const why = error instanceof Error ? (errnoOf(error) ?? error.message) : String(error);
    return `there is no room for ${String(bytes)} bytes (${why})`;
  }
}

/** Why a plan cannot be held in a room, if so. */
function whyNot(plan: HeldPlan, room: HeldRoom): string | undefined {
  return plan.totalBytes <= room.bytes ? undefined : tooMuch(plan.totalBytes, room.bytes);
}

/** What contents of an image are read from, and what is to be said of it. */
export interface Holding {
  readonly held: HeldMemory | undefined;
  readonly budget: PauseBudget;
  /** With those pages that are held. */
  readonly described: Described;
  /** What is missing; undefined when all is held. */
  readonly partial?: PartialCapture;
}

/** Whose contents are held, and how long that may take. */
export interface HoldOrder {
  readonly described: Described;
  readonly memory: ProcessMemory;
  readonly freeze: Freeze | undefined;
  /** Whether to keep what was read when the time is over. */
  readonly mayBePartial: boolean;
  readonly signal: AbortSignal | undefined;
}

/**
 * Copies all contents of a stopped process into the room, if they fit. Where the time is over before that, and the image
 * may be partial, the process runs on when this resolves.
 *
 * @throws {CaptureError}
 */
export async function holdContents({ limitBytes, ...room }: BudgetRoom, order: HoldOrder): Promise<Holding> {
  const { described, memory } = order;
  const refuse = (reason: string): Holding => ({
    held: undefined,
    budget: { limitBytes, heldBytes: null, reason },
    described,
  });
  if (!room.team) return refuse(room.reason);
  const plan = planHolding(runsByPlace(described.tasks[0], memory.size));
  const reason = whyNot(plan, room.team.room);
  if (reason !== undefined) return refuse(reason);
  const kept = await copyInTime(room.team, plan, order);
  const held = new HeldMemory(memory.name, described.contents.size, plan, room.team.room.slabs);
  const heldBytes = plan.totalBytes - (kept.partial?.missingBytes ?? 0);
  return { held, budget: { limitBytes, heldBytes, reason: null }, ...kept };
}

async function copyInTime(
  team: ReaderTeam,
  plan: HeldPlan,
  { described, freeze, mayBePartial, signal }: HoldOrder,
): Promise<Pick<Holding, 'described' | 'partial'>> {
  const units = unitStates(plan);
  const { contents } = described;
  try {
    await team.copy({ plan, units, signal, deadline: freeze?.deadline, contents });
    return { described };
  } catch (error) {
    const isLate = error instanceof CaptureError && error.code === 'DEADLINE';
    if (!isLate || !mayBePartial || !freeze) throw error;
    freeze.checkAtDeadline();
    freeze.resume();
    // what they still read does not count, but they must not be at it when it is looked at
    await team.end();
    const { task, partial } = keepRead(described.tasks[0], plan, units);
    return { described: { ...described, tasks: [task] }, partial };
  }
}
