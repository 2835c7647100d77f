import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { onTestFinished } from 'vitest';

/** A new empty folder that goes away with the test. Readable by every user. */
export function scratchDirectory(): string {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'crit-test-'));
  fs.chmodSync(directory, 0o755);
  onTestFinished(() => {
    fs.rmSync(directory, { recursive: true, force: true });
  });
  return directory;
}
