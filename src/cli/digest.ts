import { compareDigests } from '../inspect/digest/compare.js';
import { describeDifference, describeDigest } from '../inspect/digest/describe.js';
import { digestImage, type ImageDigest } from '../inspect/digest/digest.js';
import { readOptions, type Args } from './command.js';
import { openReference } from './open.js';
import { printJson, printLines } from './output.js';
import { palette } from './palette.js';
import { Progress } from './progress.js';
import { comparedLines, digestLines, type NamedDigest } from './render/digest.js';

/** `crit digest IMAGE [OTHER]`; returns 1 when there are two and they differ. */
export async function runDigest(args: Args, signal: AbortSignal): Promise<number> {
  const { json } = readOptions(args);
  const withVmas = args['vmas'] === true;
  const first = await digestOf(String(args['image']), args, signal);
  const reference = args['other'];
  // yargs makes it a string
  if (typeof reference !== 'string') {
    const description = { name: first.name, ...describeDigest(first.digest, { withVmas }) };
    await (json ? printJson(description) : printLines(digestLines(first, { withVmas })));
    return 0;
  }
  const other = await digestOf(reference, args, signal);
  const differences = compareDigests(first.digest, other.digest);
  if (json) {
    const described = [first, other].map(({ name, digest }) => ({ name, ...describeDigest(digest, { withVmas }) }));
    const isDifferent = differences.length > 0;
    await printJson({ images: described, isDifferent, differences: differences.map(describeDifference) });
  } else await printLines(comparedLines([first, other], differences, { withVmas }, await palette('stdout')));
  return differences.length === 0 ? 0 : 1;
}

/** The digest of what is named; a process is let go before it is printed. */
async function digestOf(reference: string, args: Args, signal: AbortSignal): Promise<NamedDigest> {
  const { freeze, vmaType9 } = readOptions(args);
  const image = await openReference(reference, { freeze, signal, vmaType9, needsContents: true });
  const progress = new Progress('hashing');
  try {
    const onProgress = (done: number, total: number): void => {
      progress.show(done, total);
    };
    const digest: ImageDigest = await digestImage(image, { signal, onProgress });
    await image.release?.();
    return { name: image.name, digest };
  } finally {
    progress.done();
    await image.close();
  }
}
