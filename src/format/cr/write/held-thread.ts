import { decodeCString } from '../../bytes/text.js';
import { KERNEL_SECTIONS } from '../../model/kernel-state.js';
import type { Image, Thread } from '../../model/image.js';
import { REGISTER_NAMES, type Registers } from '../../model/registers.js';
import { bytesOfItems, type Lose } from '../../linux-cr/losses.js';
import { cpuFieldsOf, registersOf } from '../registers.js';
import { fpuLengths, type CrRevision } from '../tables/revision.js';
import { commBytes } from '../tables/task.js';

const MAX_U16 = 0xffff;
const REGISTER_BYTES = BigUint64Array.BYTES_PER_ELEMENT;
const NOTHING = new Uint8Array(0);

/** A thread as TASK, THREAD and CPU say it. */
export function heldThread(thread: Thread, path: string, image: Image, revision: CrRevision, lose: Lose): Thread {
  const { tid, state } = thread;
  loseKernelState(thread, path, lose);
  const inside = fpuLengths(revision);
  return {
    tid,
    comm: heldComm(thread, path, lose),
    state,
    registers: heldRegisters(thread.registers, path, image.format.wordBytes, lose),
    usesDebug: inside ? heldUsesDebug(thread, path, lose) : thread.usesDebug,
    tls: thread.tls.some((byte) => byte !== 0) ? thread.tls : NOTHING,
    xstate: heldXstate(thread, path, inside ?? [image.header.cpu.xstateBytes], lose),
  };
}

function heldComm({ comm }: Thread, path: string, lose: Lose): string {
  const held = decodeCString(commBytes(comm));
  if (held !== comm) lose(`${path}.comm`, `the end of ${comm}`, 'has 15 bytes for it');
  return held;
}

/** Registers that are not known are written as 0, which is not worth a word. */
function heldRegisters(registers: Registers, path: string, wordBytes: 4 | 8, lose: Lose): Registers {
  const held = registersOf(cpuFieldsOf(registers, wordBytes), wordBytes);
  const lost = REGISTER_NAMES.filter((name) => (registers[name] ?? 0n) !== (held[name] ?? 0n));
  if (lost.length > 0) {
    lose(`${path}.registers`, lost.join(', '), 'has no room for them in CPU', lost.length * REGISTER_BYTES);
  }
  return held;
}

function heldUsesDebug({ usesDebug }: Thread, path: string, lose: Lose): number {
  if (usesDebug > MAX_U16) lose(`${path}.usesDebug`, `the value ${String(usesDebug)}`, 'has 16 bits for it');
  return Math.min(usesDebug, MAX_U16);
}

function heldXstate({ xstate }: Thread, path: string, lengths: readonly number[], lose: Lose): Uint8Array {
  if (xstate.length === 0 || lengths.includes(xstate.length)) return xstate;
  const room = `has room for ${lengths.join(' or ')} bytes`;
  lose(`${path}.xstate`, `FPU state of ${String(xstate.length)} bytes`, room, xstate.length);
  return NOTHING;
}

function loseKernelState({ kernel }: Thread, path: string, lose: Lose): void {
  if (!kernel) return;
  const { nestedPids, sections } = kernel;
  if (nestedPids.length > 0) {
    lose(`${path}.kernel.nestedPids`, `the ids in inner namespaces, ${nestedPids.join(' ')}`, 'has no namespaces');
  }
  for (const name of KERNEL_SECTIONS) {
    const items = sections[name];
    if (items)
      lose(`${path}.kernel.${name}`, `${name} of the kernel's state`, 'has no such records', bytesOfItems(items));
  }
}
