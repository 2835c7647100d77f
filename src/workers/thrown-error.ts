import {
  CaptureError,
  CritError,
  FormatError,
  IoError,
  MemoryError,
  UsageError,
  type ErrorCode,
  type ErrorFacts,
} from '../format/errors.js';

/** An error on its way from one thread to another: structured clone keeps no class but those of the language. */
export interface ThrownError {
  /** Name of the class, of one of ours; undefined for anything else, which is `cause`. */
  readonly name: string | undefined;
  readonly code: string;
  readonly message: string;
  readonly offset: number | undefined;
  readonly path: string | undefined;
  readonly vaddr: bigint | undefined;
  readonly cause: unknown;
}

type Remake = (code: never, facts: ErrorFacts, vaddr: bigint) => CritError;

const CLASSES: Readonly<Record<string, Remake>> = {
  FormatError: (code, facts) => new FormatError(code, facts),
  MemoryError: (code, facts, vaddr) => new MemoryError(code, vaddr, facts),
  CaptureError: (code, facts) => new CaptureError(code, facts),
  IoError: (code, facts) => new IoError(code, facts),
  UsageError: (code, facts) => new UsageError(code, facts),
};

/** An errno of the system is all that is kept of what caused an error. */
function causeOf(error: CritError): unknown {
  return error.cause instanceof Error ? error.cause : undefined;
}

export function packError(error: unknown): ThrownError {
  const none = { offset: undefined, path: undefined, vaddr: undefined };
  if (!(error instanceof CritError)) return { ...none, name: undefined, code: '', message: '', cause: error };
  const { name, code, message, offset, path } = error;
  const vaddr = error instanceof MemoryError ? error.vaddr : undefined;
  return { name, code, message, offset, path, vaddr, cause: causeOf(error) };
}

/** The error as it was thrown: of the same class, with code, offset and path. */
export function unpackError(thrown: ThrownError): unknown {
  const { name, code, message, offset, path, vaddr, cause } = thrown;
  const remake = name === undefined ? undefined : CLASSES[name];
  if (!remake) return cause;
  const at = { ...(offset === undefined ? {} : { offset }), ...(path === undefined ? {} : { path }) };
  // the code is one of the class's, for an error of the class had it
  return remake(code as ErrorCode as never, { what: message, at, cause }, vaddr ?? 0n);
}
