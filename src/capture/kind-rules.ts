import { UsageError } from '../format/errors.js';
import type { Contents, AbsentPage, VmaFacts } from '../format/model/vma-kind.js';
import { matchesPath } from './path-glob.js';
import type { OwnKind } from './own-kind.js';

/** A kind as a file of rules has it: a mapping is of it if everything that is given holds. */
interface KindRule {
  readonly name: string;
  /** Glob of the path, or of its last part. */
  readonly path?: string | undefined;
  /** `fe:00`, as maps prints it. */
  readonly device?: string | undefined;
  /** Codes of VmFlags that all have to be there. */
  readonly flags?: readonly string[] | undefined;
  readonly contents: Contents;
  readonly absent: AbsentPage;
  readonly reason: string;
}

const TEXTS = ['name', 'contents', 'absent', 'reason'] as const;
const OPTIONAL_TEXTS = ['path', 'device'] as const;

function isRule(value: unknown): value is KindRule {
  if (typeof value !== 'object' || value === null) return false;
  const rule = value as Readonly<Record<string, unknown>>;
  const { flags } = rule;
  const hasCodes = Array.isArray(flags) && flags.every((code) => typeof code === 'string');
  const tests = [rule['path'], rule['device'], flags].filter((test) => test !== undefined);
  return (
    TEXTS.every((name) => typeof rule[name] === 'string') &&
    OPTIONAL_TEXTS.every((name) => ['string', 'undefined'].includes(typeof rule[name])) &&
    (flags === undefined || hasCodes) &&
    tests.length > 0
  );
}

function holds({ path, device, flags = [] }: KindRule, { name, live }: VmaFacts): boolean {
  if (path !== undefined && (name === undefined || !matchesPath(path, name))) return false;
  if (device !== undefined && live?.fileId.split(' ')[0] !== device) return false;
  return flags.every((code) => live?.flagCodes.includes(code) === true);
}

/**
 * Kinds from rules: a list of `{ name, path?, device?, flags?, contents, absent, reason }` with at least one of the three
 * that test a mapping.
 *
 * @throws {UsageError} `BAD_ARGUMENT`
 */
export function kindsFromRules(rules: unknown): OwnKind[] {
  if (!Array.isArray(rules)) throw new UsageError('BAD_ARGUMENT', { what: 'rules of kinds', expected: 'a list' });
  return rules.map((rule: unknown, i) => {
    if (!isRule(rule)) {
      const expected = 'name, contents, absent, reason, and path, device or flags';
      throw new UsageError('BAD_ARGUMENT', { what: `rule ${String(i)} of the kinds`, expected });
    }
    const { name, contents, absent, reason } = rule;
    return { name, contents, absent, reason, is: (vma) => holds(rule, vma) };
  });
}
