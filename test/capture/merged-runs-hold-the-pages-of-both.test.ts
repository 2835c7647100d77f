import fc from 'fast-check';
import { expect, test } from 'vitest';
import { PageRunsBuilder, type PageRuns } from '../../src/format/model/page-runs.js';
import { mergeRuns } from '../../src/capture/page-selection.js';

function runsOf(vpns: readonly number[]): PageRuns {
  const builder = new PageRunsBuilder();
  for (const vpn of vpns) builder.add(vpn, 1, vpn * 4096);
  return builder.take();
}

test('merging two halves of a set of pages gives the runs of the set', () => {
  const anyPages = fc.array(fc.tuple(fc.integer({ min: 0, max: 300 }), fc.boolean()), { maxLength: 200 });
  fc.assert(
    fc.property(anyPages, (pages) => {
      const side = new Map([...pages].sort(([a], [b]) => a - b));
      const vpns = [...side.keys()];
      const left = runsOf(vpns.filter((vpn) => side.get(vpn) === true));
      const right = runsOf(vpns.filter((vpn) => side.get(vpn) === false));
      expect(mergeRuns(left, right)).toEqual(runsOf(vpns));
    }),
  );
});
