import { spawn } from 'node:child_process';
import { once } from 'node:events';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { fileURLToPath } from 'node:url';

const LOOP = fileURLToPath(new URL('crit-loop.mjs', import.meta.url));

/** Commands of crit, one after the other in one process of their own; what they print goes by files in `folder`. */
export class CritLoop {
  #files;
  #child;

  constructor(crit, folder) {
    this.#files = ['stdout', 'stderr'].map((name) => path.join(folder, `crit.${name}`));
    const [out, errors] = this.#files.map((file) => fs.openSync(file, 'a'));
    this.#child = spawn(process.execPath, [LOOP, crit], { stdio: ['ignore', out, errors, 'ipc'] });
    fs.closeSync(out);
    fs.closeSync(errors);
  }

  /** @returns { args, status, stdout, stderr }; status is null when the process ended instead of the command */
  async run(...args) {
    for (const file of this.#files) fs.truncateSync(file);
    const over = new AbortController();
    const ended = once(this.#child, 'exit', { signal: over.signal }).then(() => [null]);
    this.#child.send(args);
    const [status] = await Promise.race([once(this.#child, 'message', { signal: over.signal }), ended]);
    ended.catch(() => undefined);
    over.abort();
    const [stdout, stderr] = this.#files.map((file) => fs.readFileSync(file, 'utf8'));
    return { args, status, stdout, stderr };
  }

  close() {
    this.#child.disconnect();
    for (const file of this.#files) fs.rmSync(file);
  }
}
