import * as fs from 'node:fs';
import * as path from 'node:path';
import { expect, test } from 'vitest';
import { renderPage } from './generated.js';

const PAGE = path.join(import.meta.dirname, '../../docs/format.md');

test('docs/format.md says what the tables of the code say (npm run docs)', async () => {
  const page = fs.readFileSync(PAGE, 'utf8');
  const fresh = await renderPage(page);
  if (process.env['UPDATE_DOCS']) fs.writeFileSync(PAGE, fresh);
  else expect(page).toBe(fresh);
  expect(fresh).toContain('`vm_page_prot`');
});
