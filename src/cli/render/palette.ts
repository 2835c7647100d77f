/** Gives a piece of text a look; the identity where there is none. */
export type Style = (text: string) => string;

/** What is marked in the output, by meaning. */
export interface Palette {
  readonly heading: Style;
  /** What is there for completeness. */
  readonly faint: Style;
  readonly name: Style;
  readonly added: Style;
  readonly removed: Style;
  readonly changed: Style;
  readonly warning: Style;
}

const asIs: Style = (text) => text;

/** For pipes and NO_COLOR. */
export const PLAIN: Palette = {
  heading: asIs,
  faint: asIs,
  name: asIs,
  added: asIs,
  removed: asIs,
  changed: asIs,
  warning: asIs,
};
