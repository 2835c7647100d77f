import fc from 'fast-check';

/** The seed of this run's properties: FC_SEED to repeat one, else by the clock. It is printed with the results. */
export const SEED = Number(process.env['FC_SEED'] ?? Date.now() % 0x7fff_ffff);

/** How much longer properties run than usual: FC_FACTOR. */
const FACTOR = Number(process.env['FC_FACTOR'] ?? 1);

/** Less than a test may take: a property that fails is made smaller until then, and no longer. */
const TIME_LIMIT_MS = 50_000;

fc.configureGlobal({
  seed: SEED,
  // the plugin that is to be used instead cannot be given to all properties at once
  // eslint-disable-next-line @typescript-eslint/no-deprecated
  ...{ interruptAfterTimeLimit: TIME_LIMIT_MS * FACTOR, markInterruptAsFailure: true },
});
console.log(`property seed ${String(SEED)} (repeat with FC_SEED=${String(SEED)})`);

export function runs(usual: number): { numRuns: number } {
  return { numRuns: Math.ceil(usual * FACTOR) };
}
