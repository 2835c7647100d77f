import * as path from 'node:path';
import * as vm from 'node:vm';
import { rolldown } from 'rolldown';

/** What the code in a page finds, beside what JavaScript itself brings: no Buffer, no process, no require. */
const WEB_GLOBALS = [
  'AbortController',
  'AbortSignal',
  'Blob',
  'DOMException',
  'File',
  'Headers',
  'ReadableStream',
  'Request',
  'Response',
  'TextDecoder',
  'TextEncoder',
  'URL',
  'atob',
  'btoa',
  'clearTimeout',
  'console',
  'crypto',
  'fetch',
  'performance',
  'queueMicrotask',
  'setTimeout',
  'structuredClone',
] as const;

const ENTRY = path.join(import.meta.dirname, '../../src/open/browser.ts');

/** The browser entry as a bundler makes it for a page: one script that gives `crit`. `imports` is what it left outside. */
export async function browserBundle(): Promise<{ readonly code: string; readonly imports: readonly string[] }> {
  const bundle = await rolldown({ input: ENTRY, platform: 'browser', logLevel: 'silent' });
  const { output } = await bundle.generate({ format: 'iife', name: 'crit' });
  await bundle.close();
  const [{ code, imports, dynamicImports, fileName }] = output;
  return { code, imports: [...imports, ...dynamicImports].filter((name) => name !== fileName) };
}

/**
 * A place without anything of Node's, where the bundle has run.
 *
 * @returns runs the source of an async function there, with `given` as its argument
 */
export function browserRealm(bundle: string): (source: string, given: unknown) => Promise<unknown> {
  // bytes cross the border: for `instanceof` they must be of one kind, as they are in a page
  const found = { ...Object.fromEntries(WEB_GLOBALS.map((name) => [name, globalThis[name]])), ArrayBuffer, Uint8Array };
  const realm = vm.createContext(found);
  vm.runInContext(`${bundle}\nglobalThis.crit = crit;`, realm);
  return async (source, given) => {
    // an async function of one argument
    const run = vm.runInContext(`(${source})`, realm) as (argument: unknown) => Promise<unknown>;
    return run(given);
  };
}
