import { unclosed } from '../format/bytes/unclosed.js';
import type { ByteSource } from '../format/bytes/source.js';
import type { Crew } from '../format/bytes/crew.js';
import { FormatError } from '../format/errors.js';
import { readIndex } from '../format/image-index/read-index.js';
import { readImage } from '../format/registry.js';
import { findingOf } from '../inspect/finding.js';
import { verifyImage, type Verification } from '../inspect/verify.js';
import type { IndexedMemory } from '../inspect/verify-index.js';
import { crewFor } from './bulk-crew.js';
import { STANDARD_STREAM, readOptions, type Args } from './command.js';
import { openSidecar } from '../open/sidecar.js';
import { openContents, openReference } from './open.js';
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
    const incremental: boolean[] = [];
    const how = { args, crew, signal };
    const verification = await verify(source, beside, how, () => void incremental.push(true));
    const chain =
      incremental.length > 0 ? await verifyChain(reference, verification, how) : { image: verification, ancestors: [] };
    const { json } = readOptions(args);
    const all = [...chain.ancestors, chain.image];
    if (json) await printJson({ ...chain.image, ...(chain.ancestors.length > 0 && { ancestors: chain.ancestors }) });
    else for (const one of all) await printLines(verifyLines(one, await palette('stdout')));
    return all.every(({ findings }) => findings.length === 0) ? 0 : 1;
  } finally {
    await beside?.close();
    await source.close();
    await crew?.close();
  }
}

interface VerifiedChain {
  /** With what is wrong with the chain as a whole. */
  readonly image: Verification;
  /** The last first. */
  readonly ancestors: readonly Verification[];
}

/** Checks that all pages are there that an image leaves to its parent, and all its ancestors. */
async function verifyChain(reference: string, image: Verification, how: How): Promise<VerifiedChain> {
  const faults: FormatError[] = [];
  // standard input is read to its end by now
  const names = reference === STANDARD_STREAM ? [] : await ancestorNames(reference, faults, how);
  const ancestors: Verification[] = [];
  for (const name of names) {
    const source = await openContents(name, how.signal);
    const beside = openSidecar(name);
    try {
      ancestors.unshift(await verify(source, beside, how));
    } finally {
      await beside?.close();
      await source.close();
    }
  }
  return { image: { ...image, findings: [...image.findings, ...faults.map(findingOf)] }, ancestors };
}

async function ancestorNames(reference: string, faults: FormatError[], { args, signal }: How): Promise<string[]> {
  const { vmaType9 } = readOptions(args);
  const onMissingParent = (fault: FormatError): void => void faults.push(fault);
  try {
    const image = await openReference(reference, { signal, vmaType9, needsContents: true, onMissingParent });
    await image.close();
    return (image.layers ?? []).slice(1).map(({ name }) => name);
  } catch (error) {
    // of a damaged image that was told already
    if (!(error instanceof FormatError)) throw error;
    return [];
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
  onParent?: () => void,
): Promise<Verification> {
  const { vmaType9 } = readOptions(args);
  const progress = new Progress(`checking ${source.name}`);
  try {
    return await verifyImage(
      source.name,
      async (options) => {
        const image = await readImage(unclosed(source), { ...options, signal, vmaType9 });
        if (image.parent) onParent?.();
        return image;
      },
      {
        index: () => readAnyIndex(source, beside),
        signal,
        onProgress: (done, total) => {
          progress.show(done, total);
        },
        ...(crew && { crew }),
      },
    );
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
