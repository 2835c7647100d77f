/**
 * Adds up what run-groups.mjs left in a folder: names every skip, then the closing line alone.
 *
 *   node test/support/sum-results.mjs DIR     exit status 1 when anything failed or nothing ran
 */
import * as fs from 'node:fs';
import * as path from 'node:path';

function readResults(directory) {
  const files = fs.readdirSync(directory).filter((file) => file.endsWith('.json'));
  return files.sort().map((file) => JSON.parse(fs.readFileSync(path.join(directory, file), 'utf8')));
}

const results = readResults(process.argv[2]);
const total = (count) => results.reduce((sum, result) => sum + count(result), 0);
const passed = total((result) => result.passed);
const failed = total((result) => result.failed);
const skipped = results.flatMap((result) => result.skipped.map((skip) => ({ group: result.group, ...skip })));

for (const { group, name, reason } of skipped) console.log(`SKIPPED ${group}: ${name}: ${reason}`);
console.log(`${passed} passed, ${failed} failed${skipped.length > 0 ? `, ${skipped.length} skipped` : ''}`);
process.exitCode = failed > 0 || passed === 0 ? 1 : 0;
