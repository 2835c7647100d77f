/** Where something is there. */
export type Presence = 'both' | 'added' | 'removed';

/** Something as it was before and as it is after. */
export type Sides<T> =
  | { readonly presence: 'both'; readonly before: T; readonly after: T }
  | { readonly presence: 'removed'; readonly before: T; readonly after: undefined }
  | { readonly presence: 'added'; readonly before: undefined; readonly after: T };

export function bothSides<T>(before: T, after: T): Sides<T> & { readonly presence: 'both' } {
  return { presence: 'both', before, after };
}

export function onlyBefore<T>(before: T): Sides<T> {
  return { presence: 'removed', before, after: undefined };
}

export function onlyAfter<T>(after: T): Sides<T> {
  return { presence: 'added', before: undefined, after };
}

/** How something is after, or was before it was removed. */
export function latestOf<T>(sides: Sides<T>): T {
  return sides.presence === 'removed' ? sides.before : sides.after;
}

/** The same of both sides. */
export function mapSides<T, U>(sides: Sides<T>, view: (side: T) => U): Sides<U> {
  switch (sides.presence) {
    case 'both':
      return bothSides(view(sides.before), view(sides.after));
    case 'removed':
      return onlyBefore(view(sides.before));
    case 'added':
      return onlyAfter(view(sides.after));
  }
}
