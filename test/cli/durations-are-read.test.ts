import { expect, test } from 'vitest';
import { parseDuration } from '../../src/cli/duration.js';

test.each([
  ['50', 50],
  ['50ms', 50],
  ['2s', 2000],
  ['1.5 s', 1500],
  ['2m', 120_000],
  ['0.25', 0.25],
])('the duration %s is %d ms', (text, ms) => {
  expect(parseDuration(text, 'it')).toBe(ms);
});

test.each(['', '0', '-1s', 'soon', '1h', '1e3', '40000m'])('the duration %j is refused', (text) => {
  expect(() => parseDuration(text, '--max-stop')).toThrow('--max-stop');
});
