/**
 * Puts figures into docs/performance.md: those of the last run, or of several runs on one machine, of which a later one
 * replaces what it measured again.
 *
 *   node bench/document.mjs [RESULTS...]
 */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const PAGE = path.join(ROOT, 'docs/performance.md');
const MARK = /(<!-- figures -->\n)[\s\S]*?(<!-- end -->)/;

const number = (value, digits) => value.toFixed(digits);

function timeRow({ what, oursMs, theirsMs, ratio, ratioMin, ratioMax, goal, isMet }) {
  const verdict = goal === undefined ? '' : `${goal} ${isMet ? 'met' : '**missed**'}`;
  const range = `${number(ratioMin, 2)} to ${number(ratioMax, 2)}`;
  return `| ${what} | ${number(oursMs, 0)} | ${number(theirsMs, 0)} | ${number(ratio, 2)} | ${range} | ${verdict} |`;
}

function figures({ machine, options, lines }) {
  const times = lines.filter(({ ratio }) => ratio !== undefined);
  const peaks = lines.filter(({ rssMiB }) => rssMiB !== undefined);
  const limits = lines.filter(({ gbPerSecond }) => gbPerSecond !== undefined);
  const { cpus, memoryGiB, kernel, node, fileSystem } = machine;
  return [
    `${cpus}, ${memoryGiB} GiB, Linux ${kernel}, Node ${node}; files on ${fileSystem.split(' ')[0]}; target of ${options.mib} MiB, ` +
      `sparse images of ${options.sparseGiB} GiB; medians of ${options.rounds} rounds, interleaved.`,
    '',
    '| ours / theirs | ours, ms | theirs, ms | ratio | single rounds | goal |',
    '|---|---:|---:|---:|---|---|',
    ...times.map(timeRow),
    '',
    '| peak of memory | MiB | goal |',
    '|---|---:|---|',
    ...peaks.map(
      ({ what, rssMiB, goalMiB, isMet }) =>
        `| ${what} | ${number(rssMiB, 0)} | ${goalMiB} ${isMet ? 'met' : '**missed**'} |`,
    ),
    '',
    '| what the machine can do | GB/s |',
    '|---|---:|',
    ...limits.map(({ what, gbPerSecond }) => `| ${what} | ${number(gbPerSecond, 1)} |`),
    '',
  ].join('\n');
}

/** The lines of all runs, each from the last run that has it. */
function mergeRuns(runs) {
  const lines = new Map(runs.flatMap((run) => run.lines.map((line) => [line.what, line])));
  return { ...runs[0], lines: [...lines.values()] };
}

const files = process.argv.slice(2);
const runs = (files.length > 0 ? files : [path.join(ROOT, 'bench/out/results.json')]).map((file) =>
  JSON.parse(fs.readFileSync(file, 'utf8')),
);
const results = mergeRuns(runs);
const page = fs.readFileSync(PAGE, 'utf8');
fs.writeFileSync(
  PAGE,
  page.replace(MARK, (_, start, end) => `${start}\n${figures(results)}\n${end}`),
);
