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
