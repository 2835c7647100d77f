// npm run demo: captures a living process, lets it change known pages, captures it again, and compares page by page.
// Linux on x86-64; no root needed, the process is our own.
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { diffImages } from 'crit/inspect';
import { PAGE_BYTES, openFile, readExactly, readImage, vaddrOf } from 'crit/format';

const CRIT = path.join(import.meta.dirname, '../../dist/bin/crit.js');
const PAGES = [3, 17, 40];
const MARK = Buffer.from('crit demo page  ');

const directory = mkdtempSync(path.join(tmpdir(), 'crit-demo-'));
const target = spawn(process.execPath, [path.join(import.meta.dirname, 'target.mjs')], { stdio: ['pipe', 'pipe', 'inherit'] });
const answer = () => new Promise((resolve) => target.stdout.once('data', resolve));

function crit(...args) {
  console.log(`\n$ crit ${args.join(' ')}`);
  const { status, error } = spawnSync(process.execPath, [CRIT, ...args], { cwd: directory, stdio: 'inherit' });
  if (error) throw error;
  if (status > 1) throw new Error(`crit ${args[0]} ended with ${status}`);
}

/** Where the memory that the target has filled starts: found in the image, as the target itself cannot know. */
async function findMemory(image) {
  const page = Buffer.alloc(PAGE_BYTES);
  for (const { pages } of image.tasks[0].mm.vmas) {
    for (let run = 0; run < pages.count; run++) {
      if (pages.nrPages[run] < 64) continue;
      for (const first of [0, 1]) {
        await readExactly(image.contents, pages.offset[run] + first * PAGE_BYTES, page);
        const at = page.indexOf(MARK);
        if (at >= 0) return vaddrOf(pages.vpn[run] + first) + BigInt(at);
      }
    }
  }
  throw new Error('the memory of the sample process is not in its image');
}

/** Numbers of the pages that differ, inside the memory of the target and outside of it. */
function changedPages(diff, start, bytes) {
  const [inside, outside] = [[], []];
  for (const { runs } of diff.tasks[0].vmas) {
    for (let run = 0; run < runs.vpn.length; run++) {
      if (runs.state[run] === 0) continue;
      for (let i = 0; i < runs.nrPages[run]; i++) {
        const vaddr = vaddrOf(runs.vpn[run] + i);
        (vaddr + 4096n > start && vaddr < start + BigInt(bytes) ? inside : outside).push(vaddr);
      }
    }
  }
  return { inside, outside };
}

try {
  await answer();
  const pid = String(target.pid);
  console.log(`Process ${pid} is a Node.js program that has filled 16 MiB of memory.`);
  crit('capture', pid, '-o', 'before.img');
  target.stdin.write(`${PAGES.join(' ')}\n`);
  await answer();
  console.log(`\nIt has now written 8 bytes into each of the pages ${PAGES.join(', ')} of that memory.`);
  crit('capture', pid, '-o', 'after.img');
  crit('show', 'after.img');
  crit('diff', '--pages', 'before.img', 'after.img');

  const [before, after] = await Promise.all(['before.img', 'after.img'].map((name) => readImage(openFile(path.join(directory, name)))));
  const start = await findMemory(before);
  const expected = PAGES.map((page) => ((start + BigInt(page * PAGE_BYTES + 1024)) / 4096n) * 4096n);
  const { inside, outside } = changedPages(await diffImages(before, after), start, 16 * 1024 * 1024);
  await Promise.all([before.close(), after.close()]);
  const hex = (all) => all.map((vaddr) => vaddr.toString(16)).join(' ');
  console.log(`\nThe memory starts at ${start.toString(16)}; the pages written are ${hex(expected)}.`);
  console.log(`Pages that the two images differ in there:                  ${hex(inside)}.`);
  console.log(`(${outside.length} more pages differ elsewhere: Node's own heap and stack.)`);
  if (hex(inside) !== hex(expected)) throw new Error('the images name other pages than were written');
  console.log('They are exactly the same.');
} finally {
  target.kill();
  rmSync(directory, { recursive: true });
}
