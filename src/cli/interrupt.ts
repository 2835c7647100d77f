import { constants } from 'node:os';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
/** How long cleaning up may take after a signal. */
const GRACE_MS = 300;

/** The signal that arrived first, and how to tell the rest of the program. */
export class Interrupt {
  readonly #controller = new AbortController();
  #exitCode: number | undefined;

  constructor() {
    for (const name of SIGNALS)
      process.once(name, () => {
        this.#arrived(name);
      });
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** 128 and the signal's number, as shells have it; undefined when none arrived. */
  get exitCode(): number | undefined {
    return this.#exitCode;
  }

  #arrived(name: (typeof SIGNALS)[number]): void {
    this.#exitCode ??= 128 + constants.signals[name];
    this.#controller.abort();
    // a read of a silent pipe hears no abort; the signal itself, now without a handler, ends it
    setTimeout(() => process.kill(process.pid, name), GRACE_MS).unref();
  }
}
