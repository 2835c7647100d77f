import fc from 'fast-check';

/** The seed of this run's properties: FC_SEED to repeat one, else by the clock. It is printed with the results. */
export const SEED = Number(process.env['FC_SEED'] ?? Date.now() % 0x7fff_ffff);

/** How much longer properties run than usual: FC_FACTOR. */
const FACTOR = Number(process.env['FC_FACTOR'] ?? 1);

fc.configureGlobal({ seed: SEED });
console.log(`property seed ${String(SEED)} (repeat with FC_SEED=${String(SEED)})`);

export function runs(usual: number): { numRuns: number } {
  return { numRuns: Math.ceil(usual * FACTOR) };
}
