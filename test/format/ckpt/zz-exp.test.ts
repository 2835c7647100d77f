import * as fs from 'node:fs';
import fc from 'fast-check';
import { test } from 'vitest';
import { WRITABLE } from '../../../src/format/ckpt/revision.js';
import { anyImage } from '../../support/arbitrary-image.js';
import { writeAs } from '../../support/comparable-image.js';
import { judgeCkpt } from '../../support/strict-ckpt.js';
function legal(image) {
  return { ...image, tasks: image.tasks.map((task, i) => { const pid = 1 + i * 0x100000 + (task.pid % 0xfff00);
    return { ...task, pid, tgid: pid, exitState: 0, threads: task.threads.map((t, k) => ({ ...t, tid: pid + k, state: t.state & 15,
      registers: image.format.wordBytes === 8 ? t.registers : Object.fromEntries(Object.entries(t.registers).filter(([n]) => !/^r[0-9]/.test(n))) })) }; }) };
}
test('exp', async () => {
  console.log(Object.keys(WRITABLE));
  const images = fc.sample(anyImage(4), { seed: 5, numRuns: 12 }).map(legal);
  for (const name of Object.keys(WRITABLE)) {
    const paths: string[] = [];
    for (const [i, image] of images.entries()) {
      try { const b = await writeAs(image, name); fs.writeFileSync(`/tmp/exp/${name}-${i}`, b); paths.push(`/tmp/exp/${name}-${i}`); }
      catch (e) { console.log(name, i, image.format.wordBytes, String(e).slice(0, 200)); }
    }
    const t = Date.now();
    for (const [i, j] of (await judgeCkpt(paths)).entries()) console.log(paths[i], images[i]?.format.wordBytes, 'refused' in j ? `${j.refused} @${j.offset}` : `ok ${j.head.group}`);
    console.log(Date.now() - t, 'ms');
  }
});
