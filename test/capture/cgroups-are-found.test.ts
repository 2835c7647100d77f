import { expect, test } from 'vitest';
import { cgroupDirectory, parseCgroupMount } from '../../src/capture/cgroup.js';

const V1 = '32 31 0:29 / /sys/fs/cgroup/cpu rw,relatime - cgroup cgroup rw,cpu\n';
const V2_LINE = '41 31 0:38 / /sys/fs/cgroup/unified rw,relatime shared:9 - cgroup2 cgroup2 rw\n';

test.each([
  ['behind those of v1', V1 + V2_LINE, { root: '/', directory: '/sys/fs/cgroup/unified' }],
  ['alone', '31 23 0:28 / /sys/fs/cgroup rw - cgroup2 none rw', { root: '/', directory: '/sys/fs/cgroup' }],
  ['of a subtree', '31 23 0:28 /a\\040b /m\\134n rw - cgroup2 none rw\n', { root: '/a b', directory: '/m\\n' }],
  ['not there', V1, undefined],
])('the v2 hierarchy is found: %s', (_name, text, mount) => {
  expect(parseCgroupMount(text)).toEqual(mount);
});

test.each([
  ['/', '0::/\n', '/mount'],
  ['/', '5:freezer:/x\n0::/a/b c\n', '/mount/a/b c'],
  ['/a', '0::/a/b\n', '/mount/b'],
  ['/a', '0::/a\n', '/mount'],
  ['/a', '0::/ab\n', undefined],
  ['/', '0::/../outside\n', undefined],
  ['/', '5:freezer:/x\n', undefined],
])('under a mount of %s the cgroup of %j is %s', (root, text, directory) => {
  expect(cgroupDirectory(text, { root, directory: '/mount' })).toBe(directory);
});
