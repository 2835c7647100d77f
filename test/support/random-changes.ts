import fc from 'fast-check';
import { SEED } from './seed.js';

/** Commands for churn.c, as scenarios-driver.mjs takes them: numbers of operations between captures. */
export function randomChanges(links: number): string {
  const counts = fc.array(fc.integer({ min: 1, max: 500 }), { minLength: links, maxLength: links });
  const [chosen = []] = fc.sample(counts, { seed: SEED, numRuns: 1 });
  return chosen.map((count) => `run ${count}`).join(',');
}
