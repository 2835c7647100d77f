import * as fs from 'node:fs';
import * as path from 'node:path';
import { describe, expect, test } from 'vitest';
import { critExpecting, outcomeOf, startCrit } from '../support/cli.js';
import { GOLDEN, goldenNames } from '../support/golden.js';
import { scratchDirectory } from '../support/scratch.js';
import { oneAnonVma } from '../support/stream.js';

const IMAGE = path.join(GOLDEN, 'D2-v11-x86_64.img');

function same(a: string, b: string): boolean {
  return fs.readFileSync(a).equals(fs.readFileSync(b));
}

describe.each<[string, string[], string[]]>([
  ['plainly', [], []],
  ['indented', ['--pretty'], []],
  ['as msgpack', ['--format', 'msgpack'], []],
  ['with page contents apart', ['--pages', 'pages'], ['--pages', 'pages']],
])('decoded %s', (_, decodeWords, encodeWords) => {
  test.each([...goldenNames('cr'), ...goldenNames('ckpt')])('%s is encoded to the same bytes', async (name) => {
    const cwd = scratchDirectory();
    const image = path.join(GOLDEN, `${name}.img`);
    await critExpecting(0, ['decode', image, '-o', 'document', ...decodeWords], { cwd });
    await critExpecting(0, ['encode', 'document', '-o', 'again.img', ...encodeWords], { cwd });
    expect(same(image, path.join(cwd, 'again.img'))).toBe(true);
    const left = ['again.img', 'document', ...(encodeWords.length > 0 ? ['pages'] : [])];
    expect(fs.readdirSync(cwd)).toEqual(left);
  });
});

test('both work in pipes, and -i and -o name input and output as with CRIU', async () => {
  const cwd = scratchDirectory();
  const image = fs.readFileSync(IMAGE);
  const { stdout } = await critExpecting(0, ['decode', '-', '--no-pages'], { input: image });
  expect((JSON.parse(stdout.toString()) as { family: string }).family).toBe('cr');
  const piped = await critExpecting(0, ['decode', '-i', '-', '-o', '-'], { input: image });
  const again = await critExpecting(0, ['encode', '-i', '-', '-o', '-'], { input: piped.stdout, cwd });
  expect(again.stdout.equals(image)).toBe(true);
});

test('a reader that goes away ends it in silence', async () => {
  const cwd = scratchDirectory();
  const image = path.join(cwd, 'large.img');
  fs.writeFileSync(image, oneAnonVma({ wordBytes: 8, pages: 2000, chunks: [{ header: 2000, count: 2000 }] }));
  const child = startCrit(['decode', image]);
  child.stdout?.once('data', () => child.stdout?.destroy());
  expect((await outcomeOf(child)).stderr).toBe('');
});

test('a document that makes no readable image leaves nothing behind, unless it is forced', async () => {
  const cwd = scratchDirectory();
  const { stdout } = await critExpecting(0, ['decode', IMAGE]);
  fs.writeFileSync(
    path.join(cwd, 'broken.json'),
    stdout.toString().replace(/"vm_end":"0x[0-9a-f]+"/, '"vm_end":"0x1"'),
  );
  const refused = await critExpecting(3, ['encode', 'broken.json', '-o', 'broken.img'], { cwd });
  expect(refused.stderr).toMatch(
    /^crit: broken\.img: VMA\.vm_end is .*\[ADDRESS_UNALIGNED at 0x[0-9a-f]+, task\[0\]\.mm\.vma\[0\]\]\n$/,
  );
  expect(fs.readdirSync(cwd)).toEqual(['broken.json']);
  const forced = await critExpecting(0, ['encode', 'broken.json', '-o', 'broken.img', '--force'], { cwd });
  expect(forced.stderr).toMatch(/ADDRESS_UNALIGNED.*\ncrit: written all the same\n$/s);
  await critExpecting(3, ['show', 'broken.img'], { cwd });
  const piped = await critExpecting(3, ['encode', 'broken.json', '-o', '-'], { cwd });
  expect(piped.stdout.length).toBe(0);
});

test('a damaged image leaves no document behind', async () => {
  const cwd = scratchDirectory();
  fs.writeFileSync(path.join(cwd, 'cut.img'), fs.readFileSync(IMAGE).subarray(0, 5000));
  await critExpecting(3, ['decode', 'cut.img', '-o', 'document', '--pages', 'pages'], { cwd });
  expect(fs.readdirSync(cwd)).toEqual(['cut.img']);
});

test.each<[string, string[], number]>([
  ['no image', ['decode'], 2],
  ['an image twice', ['decode', 'a', '-i', 'b'], 2],
  ['a process', ['decode', 'pid:1'], 2],
  ['pages without a file', ['decode', IMAGE, '--pages'], 2],
  ['indented msgpack', ['decode', IMAGE, '--pretty', '--format', 'msgpack'], 2],
  ['another format', ['decode', IMAGE, '--format', 'xml'], 2],
  ['no output', ['encode', 'a.json'], 2],
  ['a document that is not there', ['encode', 'no.json', '-o', 'x'], 5],
  ['an image for a document', ['encode', IMAGE, '-o', 'x'], 3],
  ['no pages where there should be some', ['encode', IMAGE, '-o', 'x', '--pages', 'no.pages'], 5],
])('%s is refused', async (_, words, status) => {
  const cwd = scratchDirectory();
  const { stderr } = await critExpecting(status, words, { cwd });
  expect(stderr).toMatch(/^crit: .*\n$/);
  expect(fs.readdirSync(cwd)).toEqual([]);
});
