import * as fs from 'node:fs';
import * as path from 'node:path';
import { expect, test } from 'vitest';
import { FAMILIES } from './families.js';
import { marksOf, renderPage } from './generated.js';
import { recordNames } from './layout-tables.js';

const PAGE = path.join(import.meta.dirname, '../../docs/format.md');

test('docs/format.md says what the tables of the code say (npm run docs)', async () => {
  const page = fs.readFileSync(PAGE, 'utf8');
  const fresh = await renderPage(page);
  if (process.env['UPDATE_DOCS']) fs.writeFileSync(PAGE, fresh);
  else expect(page).toBe(fresh);
  expect(fresh).toContain('`vm_page_prot`');
});

test.each(Object.keys(FAMILIES))('docs/format.md has the layouts of every record of the %s family', (family) => {
  const page = fs.readFileSync(PAGE, 'utf8');
  const asked = marksOf(page).filter(({ what, words }) => what === 'layouts' && words[0] === family);
  expect(asked.flatMap(({ words }) => words.slice(1)).sort()).toEqual([...recordNames(family)].sort());
});

test('docs/format.md has a heading for every entry of its list of contents, and an entry for every heading', () => {
  const page = fs.readFileSync(PAGE, 'utf8');
  const anchors = [...page.matchAll(/^##+ (.*)$/gm)].map(([, heading = '']) => anchorOf(heading));
  const links = [...page.matchAll(/^ *[-*] \[[^\]]*\]\(#([^)]*)\)/gm)].map(([, anchor]) => anchor);
  expect(links).toEqual(anchors);
});

/** As GitHub makes it of a heading. */
function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\w -]/g, '')
    .replaceAll(' ', '-');
}
