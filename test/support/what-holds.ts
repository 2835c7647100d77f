// What each revision can say, told once more and apart from the code that writes it (specification 5.4 to 5.6).
import type { Image } from '../../src/format/model/image.js';

const ONE_TASK = ['v6', 'v7', 'v8'];
const FXSAVE_BYTES = 512;
const XSAVE_BYTES = 576;

/** The image as it must be when it was written as `revision` and read again. */
export function whatHolds(image: Image, revision: string): Image {
  const [task] = image.tasks;
  if (!ONE_TASK.includes(revision) || !task) return image;
  const [thread] = task.threads;
  const fits = thread.xstate.length === FXSAVE_BYTES || thread.xstate.length === XSAVE_BYTES;
  const xstate = fits ? thread.xstate : new Uint8Array(0);
  const xstateBytes = fits ? xstate.length : FXSAVE_BYTES;
  const cpu = { hasFxsr: image.header.cpu.hasFxsr, hasXsave: xstateBytes === XSAVE_BYTES, xstateBytes };
  const usesDebug = thread.usesDebug > 0xffff ? 0xffff : thread.usesDebug;
  const alone = { ...task, tgid: task.pid, ppid: 0, threads: [{ ...thread, xstate, usesDebug }] as const };
  return { ...image, header: { ...image.header, cpu }, tasks: [alone] };
}
