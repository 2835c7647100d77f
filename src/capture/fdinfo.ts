/** O_CLOEXEC, which belongs to the descriptor and not to the open file. */
const CLOSE_ON_EXEC = 0o2000000;

/** Position and flags of a descriptor. */
export interface Fdinfo {
  readonly pos: bigint;
  /** Without O_CLOEXEC. */
  readonly flags: number;
  readonly isCloseOnExec: boolean;
  /** Which eventfd it is; undefined for other files, and on kernels that do not tell. */
  readonly eventfdId: string | undefined;
}

/** Reads /proc/PID/fdinfo/N: `pos` is decimal, `flags` octal. */
export function parseFdinfo(bytes: Uint8Array): Fdinfo {
  const text = Buffer.from(bytes).toString('latin1');
  const flags = parseInt(/^flags:\s*(\d+)/m.exec(text)?.[1] ?? '0', 8);
  return {
    pos: BigInt(/^pos:\s*(-?\d+)/m.exec(text)?.[1] ?? '0'),
    flags: flags & ~CLOSE_ON_EXEC,
    isCloseOnExec: (flags & CLOSE_ON_EXEC) !== 0,
    eventfdId: /^eventfd-id:\s*(\d+)/m.exec(text)?.[1],
  };
}
