// The program as `npm run build` made it.
import * as fs from 'node:fs';
import * as path from 'node:path';
import { describe, expect, test } from 'vitest';
import { critExpecting } from '../support/cli.js';
import { GOLDEN, goldenBytes } from '../support/golden.js';
import { scratchDirectory } from '../support/scratch.js';

const NAME = 'D2-v11-x86_64';
const IMAGE = path.join(GOLDEN, `${NAME}.img`);
const ID = '7a06986e38b73698efc94f6a962873490a6055b02dabc748248a165815968950';

/** A copy with one byte of page contents changed: the last page ends where the records behind it begin. */
function withChangedPage(): string {
  const bytes = goldenBytes(NAME);
  const { records } = JSON.parse(fs.readFileSync(path.join(GOLDEN, `${NAME}.json`), 'utf8')) as {
    records: { name: string; offset: number }[];
  };
  const at = records.find(({ name }) => name === 'raw:pages')?.offset ?? NaN;
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  const file = path.join(scratchDirectory(), 'changed.img');
  fs.writeFileSync(file, bytes);
  return file;
}

describe('digest', () => {
  test('prints the id as sha256sum does', async () => {
    const { stdout } = await critExpecting(0, ['digest', IMAGE]);
    expect(stdout.toString()).toMatch(
      new RegExp(`^${ID}  .*\\.img\n  structure  [0-9a-f]{64}\n  pages      [0-9a-f]{64}  `),
    );
    const piped = await critExpecting(0, ['digest', '-'], { input: Buffer.from(goldenBytes(NAME)) });
    expect(piped.stdout.toString()).toMatch(new RegExp(`^${ID}  standard input\n`));
  });

  test('--json has all parts, with --vmas those of each mapping', async () => {
    const json = JSON.parse((await critExpecting(0, ['digest', IMAGE, '--json'])).stdout.toString()) as object;
    expect(json).toMatchObject({
      name: IMAGE,
      id: ID,
      tasks: [{ space: 0 }],
      spaces: [{ pids: [expect.any(Number)] }],
    });
    expect(JSON.stringify(json)).not.toContain('"vmas"');
    const { stdout } = await critExpecting(0, ['digest', IMAGE, '--json', '--vmas']);
    const { spaces } = JSON.parse(stdout.toString()) as { spaces: { vmas: object[] }[] };
    expect(spaces[0]?.vmas).toHaveLength(7);
    expect(spaces[0]?.vmas[0]).toEqual({
      start: expect.stringMatching(/^0x/) as string,
      end: expect.stringMatching(/^0x/) as string,
      digest: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
      pages: expect.any(Number) as number,
    });
    const text = await critExpecting(0, ['digest', IMAGE, '--vmas']);
    expect(text.stdout.toString().match(/^ {4}[0-9a-f]+-[0-9a-f]+ +\d+ pages? {2}[0-9a-f]{64}$/gm)).toHaveLength(7);
  });

  test('of an image and what it was converted to without loss is equal', async () => {
    const out = path.join(scratchDirectory(), 'out.img');
    await critExpecting(0, ['convert', IMAGE, out, '--to', 'v9', '--fail-on-loss']);
    const { stdout } = await critExpecting(0, ['digest', IMAGE, out]);
    expect(stdout.toString()).toMatch(new RegExp(`^${ID}  (.*\n){3}${ID}  (.*\n){3}equal\n$`));
  });

  test('of an image that was decoded and encoded is equal', async () => {
    const { stdout } = await critExpecting(0, ['decode', IMAGE]);
    const again = path.join(scratchDirectory(), 'again.img');
    await critExpecting(0, ['encode', '-', '-o', again], { input: stdout });
    await critExpecting(0, ['digest', IMAGE, again]);
  });

  test('of two that differ ends with 1, and says where', async () => {
    const other = withChangedPage();
    const { stdout } = await critExpecting(1, ['digest', IMAGE, other]);
    expect(stdout.toString()).toMatch(/different\n {2}contents of [0-9a-f]+-[0-9a-f]+ of task \d+ differ\n$/);
    const json = JSON.parse((await critExpecting(1, ['digest', IMAGE, other, '--json'])).stdout.toString()) as object;
    expect(json).toMatchObject({ isDifferent: true, differences: [{ part: 'pages', presence: 'both' }] });
  });

  test('of a conversion with losses says which parts it changed', async () => {
    const out = path.join(scratchDirectory(), 'out.img');
    await critExpecting(0, ['convert', IMAGE, out, '--to', 'v8']);
    const { stdout } = await critExpecting(1, ['digest', IMAGE, out]);
    expect(stdout.toString()).toMatch(/different\n(.*\n)* {2}task \d+ differs\n/);
  });

  test('what cannot be read ends with 3', async () => {
    await critExpecting(3, ['digest', path.join(GOLDEN, 'bad', 'text.img')]);
  });
});
