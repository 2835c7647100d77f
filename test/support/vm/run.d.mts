/** A command for the guest. */
export interface VmRun {
  /** Its version: 6.1 or 6.12. */
  readonly kernel: string;
  /** The words of the command; it runs in /share. */
  readonly command: readonly string[];
  /** Files and folders for /share, by their names there. */
  readonly share?: Readonly<Record<string, string>>;
  /** An empty folder for what the command leaves in /out. */
  readonly out: string;
  /** How long it may take from the start of the guest to its end; 10 minutes unless told. */
  readonly limitMs?: number;
  /** How much memory the guest has; 1.5 GiB unless told. */
  readonly memoryMib?: number;
}

export interface VmOutcome {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command in a virtual machine. @throws Error when the guest does not end by itself */
export function runInVm(run: VmRun): Promise<VmOutcome>;
