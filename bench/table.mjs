/** The results as text for people. */

const number = (value, digits = 2) => (value === undefined ? '' : value.toFixed(digits));
const verdict = (line) => (line.isMet === undefined ? '' : line.isMet ? 'met' : 'MISSED');

function timeRow(line) {
  const range = `${number(line.ratioMin)}-${number(line.ratioMax)}`;
  const goal = line.goal === undefined ? '' : `<= ${line.goal}`;
  return [line.what, number(line.oursMs, 1), number(line.theirsMs, 1), number(line.ratio), range, goal, verdict(line)];
}

const rssRow = (line) => [line.what, number(line.rssMiB, 0), `<= ${line.goalMiB}`, verdict(line)];

const sizeRow = (line) => [line.what, number(line.sizeMiB), `<= ${number(line.goalMiB)}`, verdict(line)];

const limitRow = (line) => [line.what, number(line.gbPerSecond, 1)];

/** The first column is text, the others are right-aligned. */
function align(rows) {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  const pad = (cell, column) => (column === 0 ? cell.padEnd(widths[column]) : cell.padStart(widths[column]));
  return rows.map((row) => row.map(pad).join('  ').trimEnd()).join('\n');
}

/** Tables: medians with ratios, peaks of memory, and what the machine can do. */
export function formatLines(lines) {
  const times = lines.filter((line) => line.oursMs !== undefined).map(timeRow);
  const limits = lines.filter((line) => line.gbPerSecond !== undefined).map(limitRow);
  const sizes = lines.filter((line) => line.sizeMiB !== undefined).map(sizeRow);
  const peaks = lines.filter((line) => line.rssMiB !== undefined).map(rssRow);
  return [
    align([['ours / theirs', 'ours ms', 'theirs ms', 'ratio', 'min-max', 'goal', ''], ...times]),
    align([['size of the image', 'MiB', 'goal', ''], ...sizes]),
    align([['peak RSS', 'MiB', 'goal', ''], ...peaks]),
    align([['the machine itself', 'GB/s'], ...limits]),
  ].join('\n\n');
}
