import { CaptureError, errnoOf } from '../format/errors.js';
import type { Described } from './described.js';
import type { Freeze } from './freeze.js';
import type { HeldRoom } from './held-copy.js';
import { HeldMemory } from './held-memory.js';
import { planHolding, type HeldPlan } from './held-plan.js';
import { runsByPlace } from './held-runs.js';
import { keepRead, type PartialCapture } from './partial.js';
import { readProcFile } from './proc-file.js';
import { ReaderTeam, unitStates } from './reader-team.js';
import { sharedTogether } from './shared-estimate.js';
import { parseMemoryUse, type MemoryUse } from './status.js';

/** A process may gain memory between being measured and being stopped: a part of what it has, and some more. */
const SLACK_FRACTION = 1 / 32;
const SLACK_BYTES = 8 * 1024 * 1024;

/** Of increments no more than this is held unless that is asked for: more is written about as fast as it is copied. */
const MAX_SMALL_BYTES = 48 * 1024 * 1024;
const MIN_SMALL_BYTES = 4 * 1024 * 1024;
const SMALL_FRACTION = 1 / 8;

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
  const use = useOf(pid);
  return use ? use.anonymousBytes + use.swappedBytes + use.sharedBytes : 0;
}

/** Undefined if it cannot be asked: the capture itself says what is wrong. */
function useOf(pid: number): MemoryUse | undefined {
  try {
    return parseMemoryUse(readProcFile(pid, 'status'));
  } catch {
    return undefined;
  }
}

/** The same of several; what they share is counted once, as far as that is told without stopping them. */
function expectedTogether(pids: readonly number[]): number {
  const [first = 0, ...others] = pids;
  if (others.length === 0) return expectedBytes(first);
  const uses = pids.flatMap((pid) => useOf(pid) ?? []);
  const own = uses.reduce((sum, { anonymousBytes, swappedBytes }) => sum + anonymousBytes + swappedBytes, 0);
  const shared = uses.reduce((sum, { sharedBytes }) => sum + sharedBytes, 0);
  return own + (shared === 0 ? 0 : Math.min(shared, sharedTogether(pids)));
}

/** Takes room for the contents that processes have now, in which every page is there before they are stopped. */
export async function prepareRoom(
  pids: readonly number[],
  limitBytes: number,
  signal: AbortSignal | undefined,
): Promise<BudgetRoom> {
  const used = expectedTogether(pids);
  if (used > limitBytes) return { limitBytes, reason: tooMuch(used, limitBytes) };
  const bytes = Math.min(limitBytes, Math.ceil(used * (1 + SLACK_FRACTION)) + SLACK_BYTES);
  const team = startTeam(bytes);
  return typeof team === 'string' ? { limitBytes, reason: team } : readied(team, limitBytes, signal);
}

/** Room for what has changed since a parent, where that is little; undefined where there is not even that. */
export async function prepareSmallRoom(
  pids: readonly number[],
  signal: AbortSignal | undefined,
): Promise<BudgetRoom | undefined> {
  const wanted = Math.max(MIN_SMALL_BYTES, Math.ceil(expectedTogether(pids) * SMALL_FRACTION));
  const limitBytes = Math.min(MAX_SMALL_BYTES, wanted, defaultPauseBudget());
  const team = startTeam(limitBytes);
  return typeof team === 'string' ? undefined : readied(team, limitBytes, signal);
}

async function readied(team: ReaderTeam, limitBytes: number, signal: AbortSignal | undefined): Promise<BudgetRoom> {
  try {
    await team.ready(signal);
    return { limitBytes, team };
  } catch (error) {
    await team.end();
    throw error;
  }
}

function startTeam(bytes: number): ReaderTeam | string {
  try {
    return new ReaderTeam(bytes);
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
  /** How far the memory of the first process reaches in the contents. */
  readonly memoryBytes: number;
  readonly freeze: Freeze | undefined;
  /** Whether to keep what was read when the time is over. */
  readonly mayBePartial: boolean;
  readonly signal: AbortSignal | undefined;
}

/**
 * Copies all contents of stopped processes into the room, if they fit. Where the time is over before that, and the image
 * may be partial, they run on when this resolves.
 *
 * @throws {CaptureError}
 */
export async function holdContents({ limitBytes, ...room }: BudgetRoom, order: HoldOrder): Promise<Holding> {
  const { described, memoryBytes } = order;
  const { contents } = described;
  const refuse = (reason: string): Holding => ({
    held: undefined,
    budget: { limitBytes, heldBytes: null, reason },
    described,
  });
  if (!room.team) return refuse(room.reason);
  const plan = planHolding(runsByPlace(described.tasks, memoryBytes));
  const reason = whyNot(plan, room.team.room);
  if (reason !== undefined) return refuse(reason);
  const kept = await copyInTime(room.team, plan, order);
  const held = new HeldMemory(contents.name, contents.size, plan, room.team.room.slabs);
  const heldBytes = plan.totalBytes - (kept.partial?.missingBytes ?? 0);
  return { held, budget: { limitBytes, heldBytes, reason: null }, ...kept };
}

async function copyInTime(
  team: ReaderTeam,
  plan: HeldPlan,
  { described, freeze, mayBePartial, signal }: HoldOrder,
): Promise<Pick<Holding, 'described' | 'partial'>> {
  const units = unitStates(plan);
  const { contents, layout } = described;
  try {
    await team.copy({ plan, units, places: layout.places(), contents, signal, deadline: freeze?.deadline });
    return { described };
  } catch (error) {
    const isLate = error instanceof CaptureError && error.code === 'DEADLINE';
    if (!isLate || !mayBePartial || !freeze) throw error;
    freeze.checkAtDeadline();
    freeze.resume();
    // what they still read does not count, but they must not be at it when it is looked at
    await team.end();
    const { tasks, partial } = keepRead(described.tasks, plan, units);
    return { described: { ...described, tasks }, partial };
  }
}
