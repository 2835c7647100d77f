import { errnoOf } from '../format/errors.js';
import type { Described } from './described.js';
import type { HeldRoom } from './held-copy.js';
import { HeldMemory } from './held-memory.js';
import { planHolding, type HeldPlan } from './held-plan.js';
import { runsByPlace } from './held-runs.js';
import type { ProcessMemory } from './memory.js';
import { readProcFile } from './proc-file.js';
import { ReaderTeam } from './reader-team.js';
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
}

/** Copies all contents of a stopped process into the room, if they fit. @throws {CaptureError} */
export async function holdContents(
  { limitBytes, ...room }: BudgetRoom,
  { tasks: [task], contents }: Described,
  memory: ProcessMemory,
  signal: AbortSignal | undefined,
): Promise<Holding> {
  const refuse = (reason: string): Holding => ({ held: undefined, budget: { limitBytes, heldBytes: null, reason } });
  if (!room.team) return refuse(room.reason);
  const plan = planHolding(runsByPlace(task, memory.size));
  const reason = whyNot(plan, room.team.room);
  if (reason !== undefined) return refuse(reason);
  await room.team.copy(plan, signal, contents);
  const held = new HeldMemory(memory.name, contents.size, plan, room.team.room.slabs);
  return { held, budget: { limitBytes, heldBytes: plan.totalBytes, reason: null } };
}
