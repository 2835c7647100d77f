import { expect, test } from 'vitest';
import { parseSegments } from '../../src/capture/sysv-segments.js';

const TITLES =
  '       key      shmid perms                  size  cpid  lpid nattch   uid   gid  cuid  cgid      atime      dtime      ctime                   rss                  swap';

test('each segment is found by its number, with what the kernel says of it', () => {
  const rows = parseSegments(
    [
      TITLES,
      '         0      98316  1600                 65536 18519 18520      2     1     2     3     4 1795285010          0 1795285011                  4096                  8192',
      ' -12345678          3   644                  4096    10    11      0  1000   100     0     0          0          0          1                     0                     0',
      '',
    ].join('\n'),
  );
  expect([...rows.keys()]).toEqual(['98316', '3']);
  expect(rows.get('98316')).toEqual({
    allocatedBytes: 12288,
    fields: {
      ...{ id: 98316, key: 0, mode: 0o1600, uid: 1, gid: 2, cuid: 3, cgid: 4 },
      ...{ shm_atim: 1795285010, shm_dtim: 0, shm_ctim: 1795285011, shm_cprid: 18519, shm_lprid: 18520 },
    },
  });
  // keys are printed with a sign
  expect(rows.get('3')?.fields.key).toBe(2 ** 32 - 12345678);
});

test('a table without segments, or none, has no rows', () => {
  expect(parseSegments(`${TITLES}\n`).size).toBe(0);
  expect(parseSegments('').size).toBe(0);
});
