/** What the first bytes of an input tell. */
export interface Probe {
  readonly family: 'cr' | 'ckpt';
  /** `sure` when only this format begins so, `likely` when something fits and something does not. */
  readonly certainty: 'sure' | 'likely';
  readonly reason: string;
}
