import * as fs from 'node:fs';
import * as path from 'node:path';
import { pathToFileURL } from 'node:url';
import { kindsFromRules } from '../capture/kind-rules.js';
import type { OwnKind } from '../capture/own-kind.js';
import { UsageError } from '../format/errors.js';

/** A module's kinds are checked where they are used. */
function listIn(module: unknown, file: string): readonly OwnKind[] {
  const kinds = typeof module === 'object' && module !== null && 'kinds' in module ? module.kinds : undefined;
  if (Array.isArray(kinds)) return kinds as readonly OwnKind[];
  throw new UsageError('BAD_ARGUMENT', { what: file, expected: 'a module that exports a list `kinds`' });
}

/**
 * Kinds of mapping from a file: rules in JSON, or an ES module that exports `kinds`.
 *
 * @throws {UsageError} `BAD_ARGUMENT` if it cannot be loaded, or is something else
 */
export async function loadKinds(file: string): Promise<readonly OwnKind[]> {
  try {
    if (path.extname(file) === '.json') return kindsFromRules(JSON.parse(fs.readFileSync(file, 'utf8')));
    const module: unknown = await import(pathToFileURL(path.resolve(file)).href);
    return listIn(module, file);
  } catch (cause) {
    if (cause instanceof UsageError) throw cause;
    throw new UsageError('BAD_ARGUMENT', { what: `kinds in ${file}`, cause });
  }
}
