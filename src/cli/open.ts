import type { CaptureOptions } from '../capture/capture.js';
import { openFile } from '../format/bytes/file.js';
import { isHttpUrl } from '../format/bytes/http-url.js';
import { PipeSource } from '../format/bytes/pipe.js';
import { spool } from '../format/bytes/spool.js';
import type { ByteSource } from '../format/bytes/source.js';
import { FormatError, UsageError } from '../format/errors.js';
import type { Image } from '../format/model/image.js';
import { memoryMapOf, type MemoryMap } from '../format/model/memory-map.js';
import type { ReadImageOptions } from '../format/model/read-options.js';
import { withCapturedKinds } from '../open/captured-kinds.js';
import type { OpenChainOptions } from '../open/chain.js';
import { ancestorsOf } from '../open/open-any.js';
import { openMemory as openMemoryOf } from '../open/open-memory.js';
import { openSidecar } from '../open/sidecar.js';
import { printable } from './render/printable.js';
import { STANDARD_STREAM } from './command.js';

/** A file of such a name is ./pid:... */
const PROCESS_PREFIX = 'pid:';
const PROCESS = /^pid:(\d+)$/;

/** The pid in `pid:1234`, undefined for anything else. */
export function pidOf(reference: string): number | undefined {
  const digits = PROCESS.exec(reference)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

/** The bytes behind a path or URL, or standard input for `-`. @throws {UsageError} for a process, {IoError} */
export async function openSource(reference: string, signal?: AbortSignal): Promise<ByteSource> {
  if (pidOf(reference) !== undefined) {
    throw new UsageError('BAD_ARGUMENT', { what: `${reference} is a process and no stored image` });
  }
  if (reference.startsWith(PROCESS_PREFIX))
    throw new UsageError('BAD_ARGUMENT', { what: 'process', expected: 'pid:N', actual: reference });
  // loaded only then: few images are on a server
  if (isHttpUrl(reference)) return (await import('../format/bytes/http.js')).HttpSource.open(reference, { signal });
  return reference === STANDARD_STREAM ? new PipeSource(0, 'standard input') : openFile(reference);
}

/** The same with random access: what can only be read forwards is kept in a temporary file. */
export async function openContents(reference: string, signal?: AbortSignal): Promise<ByteSource> {
  const source = await openSource(reference, signal);
  return source.isSeekable ? source : spool(source);
}

export interface OpenOptions extends CaptureOptions, Pick<ReadImageOptions, 'vmaType9'> {
  /** Whether page contents will be read: a pipe is then kept in a temporary file. */
  readonly needsContents?: boolean;
  /** As `openChain` takes it. */
  readonly onMissingParent?: OpenChainOptions['onMissingParent'];
  readonly withCapturedKinds?: OpenChainOptions['withCapturedKinds'];
}

/** Opens what the command line names: a path, a URL, `-`, or `pid:1234`. */
export async function openReference(reference: string, options: OpenOptions): Promise<Image> {
  const pid = pidOf(reference);
  // loaded only then: it brings half of Node along
  if (pid !== undefined) return (await import('../capture/capture.js')).captureProcess(pid, options);
  const source = await (options.needsContents === true ? openContents : openSource)(reference, options.signal);
  const { signal, vmaType9, onMissingParent, withCapturedKinds } = options;
  return openerOf(reference, source, { signal, vmaType9, onMissingParent, withCapturedKinds })(source);
}

/** Opens an image with its ancestors; of what is no file nobody knows where its parent lies. */
function openerOf(
  reference: string,
  source: ByteSource,
  options: OpenChainOptions,
): (source: ByteSource) => Promise<Image> {
  return isFile(reference, source) ? ancestorsOf(reference, options) : (opened) => openAlone(opened, options);
}

async function openAlone(source: ByteSource, { onMissingParent, ...options }: OpenChainOptions): Promise<Image> {
  // brings the readers of all formats along
  const { readImage } = await import('../format/registry.js');
  const read = await readImage(source, options);
  const image = options.withCapturedKinds === true ? await withCapturedKinds(read, source) : read;
  if (image.parent) onMissingParent?.(unfollowed(image));
  if (!image.parent || onMissingParent) return image;
  await image.close();
  throw unfollowed(image);
}

/** Whether a source is a file under this name, which links lead on from. */
function isFile(reference: string, source: ByteSource): boolean {
  return reference !== STANDARD_STREAM && !isHttpUrl(reference) && source.isSeekable;
}

/** That an incremental image which is no file is nothing by itself. */
export function unfollowed({ name, parent }: Pick<Image, 'name' | 'parent'>): FormatError {
  const what = `${name}: the parent, ${parent?.path ?? ''}, is looked for beside files only`;
  return new FormatError('PARENT_MISSING', { at: { path: 'parent' }, what });
}

/** Memory to read from, and how to let go of it. */
export interface OpenedMemory {
  readonly map: MemoryMap;
  /** To be called when all was read; a process runs on from here. */
  release(): Promise<void>;
  close(): Promise<void>;
}

/** Opens what the command line names to read memory from it, by its index where it has one: a path, a URL, `-`, or `pid:1234`. */
export async function openMemory(reference: string, options: OpenOptions): Promise<OpenedMemory> {
  const pid = pidOf(reference);
  if (pid !== undefined) return memoryOfProcess(pid, options);
  const { signal, vmaType9, onMissingParent } = options;
  const source = await openContents(reference, signal);
  const openAncestors = openerOf(reference, source, { signal, vmaType9, onMissingParent });
  const openBeside = (): ByteSource | undefined => openSidecar(reference);
  const memory = await openMemoryOf(source, { signal, vmaType9, openSidecar: openBeside, openAncestors });
  for (const { message } of memory.unusable)
    process.stderr.write(`crit: ${printable(message)}; reading the image instead\n`);
  return { map: memory.map, release: () => Promise.resolve(), close: () => memory.close() };
}

async function memoryOfProcess(pid: number, options: OpenOptions): Promise<OpenedMemory> {
  // loaded only then: it brings half of Node along
  const { captureProcess } = await import('../capture/capture.js');
  // what the process does not want in dumps may be read all the same by who asks for it
  const image = await captureProcess(pid, { ...options, include: ['scratch'] });
  return { map: memoryMapOf(image), release: () => image.release(), close: () => image.close() };
}
