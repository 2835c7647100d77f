const DELETED = ' (deleted)';
const SPECIAL = /[.+^${}()|[\]\\]/g;

function patternOf(glob: string): RegExp {
  const source = glob.replace(SPECIAL, '\\$&').replaceAll('*', '[^]*').replaceAll('?', '[^]');
  return new RegExp(`^${source}$`, 'u');
}

/** Whether a path as maps has it is that of a glob (`*`, `?`), or its last part is. That a file was deleted does not matter. */
export function matchesPath(glob: string, path: string): boolean {
  const pattern = patternOf(glob);
  const bare = path.endsWith(DELETED) ? path.slice(0, -DELETED.length) : path;
  return [path, bare, bare.slice(bare.lastIndexOf('/') + 1)].some((text) => pattern.test(text));
}
