import { kernelForm } from './kernel-form.js';
import { tableForm } from './file-form.js';
import type { Plain } from './bencode.js';
import type { Walk } from './walk.js';
import type { Task, Thread } from '../../format/model/image.js';
import type { Registers } from '../../format/model/registers.js';

/** The file table of a task, which is described before its memory and its threads. */
export function filesForm(walk: Walk, { files }: Task): Plain {
  return tableForm(walk, files);
}

function threadForm(walk: Walk, thread: Thread, isFurther: boolean): Plain {
  const { tid, comm, state, usesDebug, tls, xstate, kernel } = thread;
  const registers: Registers = thread.registers;
  const facts = { tid, comm, state, usesDebug, xstate, registers: { ...registers } };
  return {
    ...facts,
    // no TLS and three empty descriptors are the same
    tls: tls.some((byte) => byte !== 0) ? tls : undefined,
    kernel: kernel && kernelForm(walk, kernel, isFurther),
  };
}

/**
 * A task without its memory.
 *
 * @param files   its file table as `filesForm` has it
 * @param memory  empty for none, else the first task that has the same, counted from 0
 */
export function taskForm(walk: Walk, task: Task, files: Plain, memory: readonly number[]): Plain {
  const { pid, tgid, ppid, pgid, sid, exitState, exitCode, exitSignal, threads } = task;
  const all = threads.map((thread, i) => threadForm(walk, thread, i > 0));
  return { pid, tgid, ppid, pgid, sid, exitState, exitCode, exitSignal, files, memory, threads: all };
}
