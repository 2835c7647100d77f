// The program as `npm run build` made it.
import * as fs from 'node:fs';
import * as path from 'node:path';
import { describe, expect, test } from 'vitest';
import { WRITER_NAMES } from '../../src/format/registry.js';
import { critExpecting } from '../support/cli.js';
import { GOLDEN, goldenBytes } from '../support/golden.js';
import { scratchDirectory } from '../support/scratch.js';

const NAME = 'D2-v11-x86_64';
const IMAGE = path.join(GOLDEN, `${NAME}.img`);

function jsonOf(stdout: Buffer): Record<string, unknown> {
  return JSON.parse(stdout.toString()) as Record<string, unknown>;
}

function bad(name: string): string {
  return path.join(GOLDEN, 'bad', name);
}

describe('convert', () => {
  test('writes the other revision, and says on standard error what that cannot hold', async () => {
    const out = path.join(scratchDirectory(), 'out.img');
    const { stdout, stderr } = await critExpecting(0, ['convert', IMAGE, out, '--to', 'v8']);
    expect(stdout.length).toBe(0);
    expect(stderr).toMatch(/^converted .* \(v11\) to .*out\.img \(v8, \d+\.\d KiB\)\nv8 cannot hold/);
    expect(jsonOf((await critExpecting(0, ['info', out, '--json'])).stdout)).toMatchObject({
      format: { revision: 'v8' },
    });
  });

  test('--json has the summary on standard output', async () => {
    const out = path.join(scratchDirectory(), 'out.img');
    const { stdout, stderr } = await critExpecting(0, ['convert', IMAGE, out, '--to', 'v8', '--json']);
    const { losses, ...summary } = jsonOf(stdout) as { losses: { bytes: number }[] };
    expect(stderr).toBe('');
    expect(summary).toMatchObject({
      from: IMAGE,
      format: { family: 'cr', revision: 'v11' },
      file: out,
      to: 'v8',
      writtenBytes: fs.statSync(out).size,
      refused: [],
    });
    expect(losses.some(({ bytes }) => bytes > 0)).toBe(true);
  });

  test('reads and writes through pipes', async () => {
    const input = Buffer.from(goldenBytes(NAME));
    const { stdout } = await critExpecting(0, ['convert', '-', '-', '--to', 'v9'], { input });
    await critExpecting(0, ['diff', IMAGE, '-'], { input: stdout });
  });

  test('an image can be converted in place', async () => {
    const file = path.join(scratchDirectory(), 'it.img');
    fs.copyFileSync(IMAGE, file);
    await critExpecting(0, ['convert', file, file, '--to', 'v9']);
    expect(jsonOf((await critExpecting(0, ['info', file, '--json'])).stdout)).toMatchObject({
      format: { revision: 'v9' },
    });
    await critExpecting(0, ['diff', IMAGE, file]);
    expect(fs.readdirSync(path.dirname(file))).toEqual(['it.img']);
  });

  test('--fail-on-loss leaves what was there as it was', async () => {
    const file = path.join(scratchDirectory(), 'it.img');
    fs.copyFileSync(IMAGE, file);
    const { stderr } = await critExpecting(3, ['convert', file, file, '--to', 'v8', '--fail-on-loss']);
    expect(stderr).toMatch(/\[CANNOT_HOLD, .*\]\n$/);
    expect(fs.readFileSync(file).equals(goldenBytes(NAME))).toBe(true);
    expect(fs.readdirSync(path.dirname(file))).toEqual(['it.img']);
    await critExpecting(0, ['convert', file, file, '--to', 'v13', '--fail-on-loss']);
  });

  test.each([
    ['no revision', [IMAGE, 'out.img'], /to/],
    ['an unknown revision', [IMAGE, 'out.img', '--to', 'v99'], /v99, expected v6/],
    ['JSON and the image on one stream', [IMAGE, '-', '--to', 'v9', '--json'], /both want standard output/],
  ])('%s is wrong usage', async (_, args, said) => {
    const directory = scratchDirectory();
    const { stderr } = await critExpecting(2, ['convert', ...args], { cwd: directory });
    expect(stderr).toMatch(said);
    expect(fs.readdirSync(directory)).toEqual([]);
  });

  test('an image that is not there leaves nothing behind', async () => {
    const directory = scratchDirectory();
    await critExpecting(5, ['convert', 'none.img', 'out.img', '--to', 'v9'], { cwd: directory });
    expect(fs.readdirSync(directory)).toEqual([]);
  });

  test('its help lists what can be written', async () => {
    const { stdout } = await critExpecting(0, ['convert', '--help']);
    expect(stdout.toString().replace(/\s+/g, ' ')).toContain(WRITER_NAMES.join(', '));
  });
});

describe('verify', () => {
  test('a whole image ends with 0, from a file and from a pipe', async () => {
    expect((await critExpecting(0, ['verify', IMAGE])).stdout.toString()).toMatch(/ is whole\n0 faults; 1 task/);
    await critExpecting(0, ['verify', '-'], { input: Buffer.from(goldenBytes(NAME)) });
  });

  test('a damaged one with 1, and says where', async () => {
    const { stdout } = await critExpecting(1, ['verify', bad('vma-overlap.img')]);
    expect(stdout.toString()).toMatch(
      /is damaged\n {2}VMA\.vm_start .*\[VMA_ORDER at 0x222, task\[0\]\.mm\.vma\[1\]\]\n/,
    );
    const json = jsonOf((await critExpecting(1, ['verify', bad('vma-overlap.img'), '--json'])).stdout);
    expect(json).toMatchObject({ findings: [{ code: 'VMA_ORDER', offset: 0x222, path: 'task[0].mm.vma[1]' }] });
  });

  test('a process is no stored image', async () => {
    expect((await critExpecting(2, ['verify', `pid:${String(process.pid)}`])).stderr).toContain('no stored image');
  });
});

describe('salvage', () => {
  test('what is whole comes out whole', async () => {
    const out = path.join(scratchDirectory(), 'out.img');
    const { stderr } = await critExpecting(0, ['salvage', IMAGE, out]);
    expect(stderr).toMatch(/^saved of .* \(v11\) to .*\n {2}kept 1 task, 7 mappings, 13 pages\n {2}nothing was wrong/);
    await critExpecting(0, ['diff', IMAGE, out]);
    const { stdout } = await critExpecting(0, ['salvage', '-', '-'], { input: Buffer.from(goldenBytes(NAME)) });
    await critExpecting(0, ['verify', '-'], { input: stdout });
  });

  test('what holds nothing ends with 3, and leaves nothing behind', async () => {
    const directory = scratchDirectory();
    const { stderr } = await critExpecting(3, ['salvage', bad('text.img'), 'out.img'], { cwd: directory });
    expect(stderr).toContain('[NOT_AN_IMAGE at 0x0]');
    expect(fs.readdirSync(directory)).toEqual([]);
  });

  test('of a damaged image the rest is verified to be whole', async () => {
    const out = path.join(scratchDirectory(), 'out.img');
    const { stdout } = await critExpecting(0, ['salvage', bad('trunc-page.img'), out, '--json']);
    expect(jsonOf(stdout)).toMatchObject({ to: 'v13', isSameRevision: true, faults: [{ code: 'TRUNCATED' }] });
    await critExpecting(0, ['verify', out]);
  });
});
