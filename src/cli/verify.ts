import { unclosed } from '../format/bytes/unclosed.js';
import type { ByteSource } from '../format/bytes/source.js';
import type { Crew } from '../format/bytes/crew.js';
import { FormatError } from '../format/errors.js';
import { readIndex } from '../format/image-index/read-index.js';
import { readImage } from '../format/registry.js';
import { verifyImage, type Verification } from '../inspect/verify.js';
import type { IndexedMemory } from '../inspect/verify-index.js';
import { crewFor } from './bulk-crew.js';
import { readOptions, type Args } from './command.js';
import { openSidecar } from '../open/sidecar.js';
import { openContents } from './open.js';
import { printJson, printLines } from './output.js';
import { palette } from './palette.js';
import { Progress } from './progress.js';
import { verifyLines } from './render/verify.js';

/** `crit verify IMAGE`; returns 1 when it is damaged. */
export async function runVerify(args: Args, signal: AbortSignal): Promise<number> {
  const reference = String(args['image']);
  const crew = await crewFor([reference]);
  const source = await openContents(reference, signal);
  const beside = openSidecar(reference);
  try {
    const verification = await verify(source, beside, { args, crew, signal });
    const { json } = readOptions(args);
    await (json ? printJson(verification) : printLines(verifyLines(verification, await palette('stdout'))));
    return verification.findings.length === 0 ? 0 : 1;
  } finally {
    await beside?.close();
    await source.close();
    await crew?.close();
  }
}

interface How {
  readonly args: Args;
  readonly crew: Crew | undefined;
  readonly signal: AbortSignal;
}

async function verify(
  source: ByteSource,
  beside: ByteSource | undefined,
  { args, crew, signal }: How,
): Promise<Verification> {
  const { vmaType9 } = readOptions(args);
  const progress = new Progress(`checking ${source.name}`);
  try {
    return await verifyImage(source.name, (options) => readImage(unclosed(source), { ...options, signal, vmaType9 }), {
      index: () => readAnyIndex(source, beside),
      signal,
      onProgress: (done, total) => {
        progress.show(done, total);
      },
      ...(crew && { crew }),
    });
  } finally {
    progress.done();
  }
}

/** The index behind the image, or the one beside it if it is of this image. */
async function readAnyIndex(source: ByteSource, beside: ByteSource | undefined): Promise<IndexedMemory | undefined> {
  const footer = await readIndex(source);
  if (footer) return footer;
  try {
    return beside && (await readIndex(beside, { image: source }));
  } catch (error) {
    // one that is of another image says nothing of this one
    if (!(error instanceof FormatError)) throw error;
    return undefined;
  }
}
