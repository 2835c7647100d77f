import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { TestProject } from 'vitest/node';

const SOURCES = fileURLToPath(new URL('../targets', import.meta.url));

/** Programs that also run where our libraries are not. */
const STATIC = ['busy.c', 'churn.c', 'scenarios.c', 'sharers.c'];

declare module 'vitest' {
  interface ProvidedContext {
    /** Folder of the programs made from test/targets/*.c, each under its name without the ending. */
    targets: string;
  }
}

/** Compiles the test programs before the first test; what it returns removes them after the last. */
export function setup(project: TestProject): () => void {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'crit-targets-'));
  fs.chmodSync(directory, 0o755);
  for (const source of fs.readdirSync(SOURCES).filter((name) => name.endsWith('.c'))) {
    const program = path.join(directory, path.basename(source, '.c'));
    const options = ['-O1', '-Wall', '-Wextra', '-Werror', '-pthread', ...(STATIC.includes(source) ? ['-static'] : [])];
    execFileSync('cc', [...options, '-o', program, path.join(SOURCES, source)], { stdio: 'inherit' });
  }
  project.provide('targets', directory);
  return () => {
    fs.rmSync(directory, { recursive: true });
  };
}
