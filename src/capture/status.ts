/** The fields of /proc/PID/status that a capture needs. */
export interface Status {
  /** The process that this task belongs to. */
  readonly tgid: number;
  /** How often the task left a processor, voluntarily and not; it grows whenever the task has run. */
  readonly contextSwitches: string;
}

/** Reads /proc/PID/status or /proc/PID/task/TID/status. */
export function parseStatus(bytes: Uint8Array): Status {
  const text = Buffer.from(bytes).toString('latin1');
  const valueOf = (name: string): string => new RegExp(`^${name}:\\s*(\\S+)`, 'm').exec(text)?.[1] ?? '0';
  return {
    tgid: Number(valueOf('Tgid')),
    contextSwitches: `${valueOf('voluntary_ctxt_switches')}+${valueOf('nonvoluntary_ctxt_switches')}`,
  };
}

const KIB = 1024;

/** How much memory a process has that has no file on a disk. */
export interface MemoryUse {
  readonly anonymousBytes: number;
  /** Of shared memory, as far as the process has it in its page table. */
  readonly sharedBytes: number;
  readonly swappedBytes: number;
}

/** Reads RssAnon, which counts written pages of private files too, RssShmem and VmSwap of /proc/PID/status. */
export function parseMemoryUse(bytes: Uint8Array): MemoryUse {
  const text = Buffer.from(bytes).toString('latin1');
  const bytesOf = (name: string): number =>
    Number(new RegExp(`^${name}:\\s*(\\d+) kB`, 'm').exec(text)?.[1] ?? '0') * KIB;
  return { anonymousBytes: bytesOf('RssAnon'), sharedBytes: bytesOf('RssShmem'), swappedBytes: bytesOf('VmSwap') };
}
