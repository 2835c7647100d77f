import { expect, test } from 'vitest';
import { nearestWriter } from '../../src/convert/nearest-writer.js';
import type { ImageFormat } from '../../src/format/model/image.js';

// those of both families, whichever are there
const NAMES =
  'v6 v7 v8 v9 v10 v11 v12 v13 v16 v18 v19-dev v19-rc1 v19-rc2 v19-rc3 v19 v20 v21 v22 v23-rc1 v23-pids v23'.split(' ');

test.each([
  ['v11', 'v10-v13', 'v13', true],
  ['v8', 'v5-v8', 'v8', true],
  ['v9', 'v9', 'v9', true],
  ['v16', 'v16', 'v16', true],
  ['v19-dev', 'v19 before rc1', 'v19-dev', true],
  ['v19-rc1', 'v19-rc1 and rc2', 'v19-rc1', true],
  ['v19-rc3', 'v19-rc3', 'v19-rc3', true],
  ['v19', 'v19-v20', 'v20', true],
  ['v21', 'v21-v22', 'v22', true],
  ['v23-rc1', 'v23-rc1', 'v23-rc1', true],
  ['v23-pids', 'v23-rc1 with pid objects', 'v23-pids', true],
  ['v23', 'v23-rc2 and later', 'v23', true],
  ['v1', 'v1', 'v6', false],
  ['v4', 'v3-v4', 'v6', false],
  ['v17', 'v17', 'v18', false],
  ['v20-pidns', 'v20 with nested pid namespaces', 'v20', false],
  ['v8-files', 'v5-v8 without the last patches', 'v8', false],
  ['v11-memory', 'v10-v13 without the last patches', 'v11', false],
])('%s (%s) is saved as %s', (revision, covers, name, isSame) => {
  const format: ImageFormat = { family: 'cr', revision, covers, wordBytes: 8, decidedBy: [] };
  expect(nearestWriter(format, NAMES)).toEqual({ name, isSame });
});
