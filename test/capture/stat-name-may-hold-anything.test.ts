import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseStat } from '../../src/capture/stat.js';

/** Fields 3 to 52, each holding its own number but for those that are letters or hidden. */
function fieldsAsNumbers(changed: Readonly<Record<number, string>> = {}): string {
  return Array.from({ length: 50 }, (_, i) => changed[i + 3] ?? String(i + 3)).join(' ');
}

const anyName = fc.uint8Array({ maxLength: 64 });

test('fields are found behind any name, with parentheses, blanks and bytes that are no text', () => {
  fc.assert(
    fc.property(anyName, (name) => {
      const line = Buffer.concat([Buffer.from('77 ('), name, Buffer.from(`) ${fieldsAsNumbers({ 3: 'S' })}\n`)]);
      const stat = parseStat(line);
      expect(stat).toMatchObject({ pid: 77, state: 'S', ppid: 4, startTime: 22n, exitSignal: 38 });
      expect(stat.addresses).toEqual({
        start_code: 26n,
        end_code: 27n,
        start_stack: 28n,
        start_data: 45n,
        end_data: 46n,
        start_brk: 47n,
        arg_start: 48n,
        arg_end: 49n,
        env_start: 50n,
        env_end: 51n,
      });
    }),
  );
});

test('fields above 2^53 are exact', () => {
  const stat = parseStat(
    Buffer.from(`1 (x) ${fieldsAsNumbers({ 22: '18446744073709551615', 28: '9007199254740993' })}`),
  );
  expect(stat.startTime).toBe(18446744073709551615n);
  expect(stat.addresses.start_stack).toBe(9007199254740993n);
});

test.each([
  ['shown', {}, true],
  ['hidden: both are 1', { 26: '1', 27: '1' }, false],
])('addresses are %s', (_name, changed, hasAddresses) => {
  expect(parseStat(Buffer.from(`1 (x) ${fieldsAsNumbers(changed)}`)).hasAddresses).toBe(hasAddresses);
});

test.each([
  ['0', false],
  [String(0x0020_0040), true],
  [String(0x0040_0100), false],
])('flags %s say whether it is a kernel thread', (flags, isKernelThread) => {
  expect(parseStat(Buffer.from(`2 (kthreadd) ${fieldsAsNumbers({ 9: flags })}`)).isKernelThread).toBe(isKernelThread);
});
