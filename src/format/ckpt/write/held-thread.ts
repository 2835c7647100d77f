import { decodeCString } from '../../bytes/text.js';
import type { Thread } from '../../model/image.js';
import type { RegisterName } from '../../model/registers.js';
import { commBytes } from './comm.js';
import type { Holding } from './holding.js';
import { loseFields } from './held-records.js';
import { cpuFieldsOf, registersOf } from '../registers.js';
import { layoutToWrite } from '../tables/revision.js';

const NOTHING = new Uint8Array(0);

type Known = Pick<Thread, 'registers' | 'usesDebug' | 'tls' | 'xstate'>;

/** What CPU, CPU_FPU and TLS of the target hold of a thread. */
export function heldRegisters(holding: Holding, thread: Thread, path: string): Known {
  const { revision, wordBytes, image, lose } = holding;
  const layout = layoutToWrite(revision, 'CPU', wordBytes, {});
  if (!layout) return { registers: {}, usesDebug: 0, tls: NOTHING, xstate: NOTHING };
  const fields = cpuFieldsOf(thread.registers, layout, wordBytes);
  const registers = registersOf(fields, wordBytes);
  const hasUsesDebug = layout.fields.some(({ name }) => name === 'uses_debug');
  const usesDebug = hasUsesDebug ? thread.usesDebug : 0;
  // the names are those of the type
  const names = Object.keys(thread.registers) as RegisterName[];
  const lost: string[] = names.filter((name) => (registers[name] ?? 0n) !== (thread.registers[name] ?? 0n));
  if (usesDebug !== thread.usesDebug) lost.push('uses_debug');
  if (lost.length > 0) loseFields(holding, `${path}.registers`, 'CPU', lost);
  const { xstateBytes } = image.header.cpu;
  const hasRoom = thread.xstate.length === 0 || thread.xstate.length === xstateBytes;
  const what = `FPU state of ${String(thread.xstate.length)} bytes`;
  if (!hasRoom) lose(`${path}.xstate`, what, `has ${String(xstateBytes)} bytes for it`, thread.xstate.length);
  const tls = thread.tls.some((byte) => byte !== 0) ? thread.tls : NOTHING;
  return { registers, usesDebug, tls, xstate: hasRoom ? thread.xstate : NOTHING };
}

/** The name as far as it fits. */
export function heldComm({ lose }: Holding, comm: string, path: string): string {
  const held = decodeCString(commBytes(comm));
  if (held !== comm) lose(`${path}.comm`, `the end of the name ${comm}`, 'has 15 bytes for it');
  return held;
}
