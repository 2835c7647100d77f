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
import { checkedId, followLink } from '../open/chain.js';
import { layerFile } from '../open/chain-file.js';
import { openSidecar } from '../open/sidecar.js';
import { isHttpUrl } from '../format/bytes/http-url.js';
import type { ParentLink } from '../format/model/image.js';
import { openContents, openReference, unfollowed } from './open.js';
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
    const how = { args, crew, signal };
    const { link, verification } = await verify(source, beside, how);
    const chain = link
      ? await verifyChain(reference, { link, verification }, how)
      : { image: verification, ancestors: [] };
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

/** An incremental image that was checked by itself. */
interface VerifiedLayer {
  readonly link: ParentLink | undefined;
  readonly verification: Verification;
}

/** Checks that all pages are there that an image leaves to its parent, and all its ancestors, also those that are not what they were. */
async function verifyChain(reference: string, top: VerifiedLayer, how: How): Promise<VerifiedChain> {
  const faults: FormatError[] = [];
  const isFile = reference !== STANDARD_STREAM && !isHttpUrl(reference);
  const ancestors = isFile ? await verifyAncestors(reference, top, faults, how) : [];
  if (!isFile) faults.push(unfollowed({ name: top.verification.name, parent: top.link }));
  else if (faults.length === 0) await openWhole(reference, faults, how);
  const findings = [...top.verification.findings, ...faults.map(findingOf)];
  return { image: { ...top.verification, findings }, ancestors };
}

/** Checks one ancestor after the other, as far as links lead; returns the last first. */
async function verifyAncestors(
  reference: string,
  top: VerifiedLayer,
  faults: FormatError[],
  how: How,
): Promise<Verification[]> {
  const ancestors: Verification[] = [];
  let child = { file: layerFile(reference), name: reference };
  await child.file.source.close();
  const above = [child.file.key];
  for (let { link } = top; link;) {
    const file = await orFault(followLink(child, link, above), faults);
    if (!file) break;
    const { source } = file;
    const beside = file.openSidecar();
    try {
      await orFault(checkedId(child.name, link, file), faults);
      const layer = await verify(source, beside, how);
      ancestors.unshift(layer.verification);
      ({ link } = layer);
    } finally {
      await beside?.close();
      await source.close();
    }
    above.push(file.key);
    child = { file, name: source.name };
  }
  return ancestors;
}

async function orFault<T>(result: Promise<T>, faults: FormatError[]): Promise<T | undefined> {
  try {
    return await result;
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    faults.push(error);
    return undefined;
  }
}

/** Resolves every page of the chain. */
async function openWhole(reference: string, faults: FormatError[], { args, signal }: How): Promise<void> {
  const { vmaType9 } = readOptions(args);
  const onMissingParent = (fault: FormatError): void => void faults.push(fault);
  try {
    await (await openReference(reference, { signal, vmaType9, needsContents: true, onMissingParent })).close();
  } catch (error) {
    // of a damaged image that was told already
    if (!(error instanceof FormatError)) throw error;
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
): Promise<VerifiedLayer> {
  const { vmaType9 } = readOptions(args);
  const progress = new Progress(`checking ${source.name}`);
  let link: ParentLink | undefined;
  try {
    const verification = await verifyImage(
      source.name,
      async (options) => {
        const image = await readImage(unclosed(source), { ...options, signal, vmaType9 });
        link = image.parent;
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
    return { link, verification };
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
