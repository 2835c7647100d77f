import { unclosed } from '../format/bytes/unclosed.js';
import type { ByteSource } from '../format/bytes/source.js';
import { FormatError, IoError, type FormatCode } from '../format/errors.js';
import { readIndex } from '../format/image-index/read-index.js';
import type { Image, ImageLayer, ParentLink, Task } from '../format/model/image.js';
import type { ReadImageOptions } from '../format/model/read-options.js';
import { readImage } from '../format/registry.js';
import { withCapturedKinds } from './captured-kinds.js';
import { ChainSource, layerOffsets } from './chain-source.js';
import { pagesIn } from '../inspect/layer-pages.js';
import { resolveLayer } from './resolve-layer.js';

/** Longest chain that is followed. */
export const MAX_LAYERS = 1024;

/** An image that may have a parent, and where that is looked for. */
export interface LayerFile {
  readonly source: ByteSource;
  /** Two names of the same file have the same. */
  readonly key: string;
  /** The index beside it, if there is one. */
  readonly openSidecar: () => ByteSource | undefined;
  /** Opens what a link in this image leads to. @throws {FormatError} `PARENT_MISSING` {IoError} */
  readonly openParent: (path: string) => LayerFile;
}

export interface OpenChainOptions extends Omit<ReadImageOptions, 'onFault'> {
  /**
   * Takes what is wrong with the chain, once; the image then has the pages that are there, and tells in `parentPages` which are
   * not. Default: it is thrown.
   */
  readonly onMissingParent?: ((error: FormatError) => void) | undefined;
  /** Whether mappings are of the kinds that they were captured as, which an index may tell. Default: of those that the stream tells. */
  readonly withCapturedKinds?: boolean | undefined;
}

interface OpenedLayer {
  readonly file: LayerFile;
  readonly image: Image;
  readonly id: Uint8Array | undefined;
}

/**
 * Opens an image and all its ancestors as one image, whose page runs point into the contents of the whole chain. `layers` tells
 * them, the image itself first; an image without a parent has none, and is what `readImage` gives.
 *
 * @param file  is closed with the image, and when opening fails
 * @throws {FormatError} as `readImage`; `PARENT_MISSING`, `PARENT_CHANGED`, `PARENT_LOOP`, `PARENT_LACKS`, which name the layer
 */
export async function openChain(file: LayerFile, options: OpenChainOptions = {}): Promise<Image> {
  const read = await readImage(file.source, options);
  const image = options.withCapturedKinds === true ? await withCapturedKinds(read, file.source) : read;
  if (!image.parent) return image;
  const opened: OpenedLayer[] = [{ file, image, id: undefined }];
  try {
    let error = await openAncestors(opened, options);
    const { tasks, missingPages } = resolve(opened);
    if (missingPages > 0) error ??= lacks(image, missingPages);
    if (error) {
      if (!options.onMissingParent) throw error;
      options.onMissingParent(error);
    }
    return chainImage(opened, tasks);
  } catch (error) {
    for (const layer of opened) await layer.image.close();
    throw error;
  }
}

/** Opens parents as far as there are any; returns why that ended early. */
async function openAncestors(opened: OpenedLayer[], options: OpenChainOptions): Promise<FormatError | undefined> {
  for (;;) {
    const child = opened.at(-1);
    const link = child?.image.parent;
    if (!child || !link) return undefined;
    try {
      opened.push(await openParent(child, link, opened, options));
    } catch (error) {
      if (!(error instanceof FormatError) || error.code === 'OVER_BUDGET') throw error;
      return error;
    }
  }
}

/** A fault of a link, which names the image and its parent. */
function linkFault(name: string, { path }: ParentLink, code: FormatCode, what: string, cause?: unknown): FormatError {
  return new FormatError(code, { at: { path: 'parent' }, what: `${name}: the parent, ${path}, ${what}`, cause });
}

/**
 * Opens what a link leads to, whatever that is.
 *
 * @param above  keys of the image and its descendants
 * @throws {FormatError} `PARENT_MISSING`, `PARENT_LOOP`
 */
export async function followLink(
  { file, name }: { readonly file: LayerFile; readonly name: string },
  link: ParentLink,
  above: readonly string[],
): Promise<LayerFile> {
  if (above.length >= MAX_LAYERS)
    throw linkFault(name, link, 'PARENT_LOOP', `is number ${String(above.length + 1)} of its chain`);
  let parent: LayerFile;
  try {
    parent = file.openParent(link.path);
  } catch (error) {
    if (!(error instanceof IoError || error instanceof FormatError)) throw error;
    throw linkFault(name, link, 'PARENT_MISSING', `is not there: ${error.message}`, error);
  }
  if (!above.includes(parent.key)) return parent;
  await parent.source.close();
  throw linkFault(name, link, 'PARENT_LOOP', 'is one of its own descendants');
}

/**
 * The identity of what a link leads to.
 *
 * @throws {FormatError} `PARENT_CHANGED` if it is another one; and as `idOf`
 */
export async function checkedId(name: string, link: ParentLink, file: LayerFile): Promise<Uint8Array> {
  const id = await idOf(file);
  const changed = (what: string): FormatError => linkFault(name, link, 'PARENT_CHANGED', what);
  if (!id) throw changed('has no index with digests to know it by (crit index --digests makes one)');
  if (id.length === link.id.length && id.every((byte, i) => byte === link.id[i])) return id;
  throw changed('is another image than it was');
}

async function openParent(
  { file: childFile, image: { name } }: OpenedLayer,
  link: ParentLink,
  opened: readonly OpenedLayer[],
  options: OpenChainOptions,
): Promise<OpenedLayer> {
  const above = opened.map(({ file }) => file.key);
  const file = await followLink({ file: childFile, name }, link, above);
  let isUsed = false;
  try {
    const id = await checkedId(name, link, file);
    isUsed = true;
    return { file, image: await readImage(file.source, { ...options, onFault: undefined }), id };
  } catch (error) {
    if (!isUsed) await file.source.close();
    const isOwn = error instanceof FormatError && (error.code === 'PARENT_CHANGED' || error.code === 'OVER_BUDGET');
    if (isOwn || !(error instanceof FormatError || error instanceof IoError)) throw error;
    throw linkFault(name, link, 'PARENT_MISSING', `cannot be read: ${error.message}`, error);
  }
}

/** What an image is known by: of the index behind it, or beside it. @throws {FormatError} as `readIndex` */
export async function idOf({
  source,
  openSidecar,
}: Pick<LayerFile, 'source' | 'openSidecar'>): Promise<Uint8Array | undefined> {
  if (!source.isSeekable) return undefined;
  const footer = await readIndex(source, { withId: true });
  if (footer?.id) return footer.id;
  const sidecar = openSidecar();
  try {
    return sidecar && (await readIndex(sidecar, { image: source, withId: true }))?.id;
  } finally {
    await sidecar?.close();
  }
}

/** The tasks of the first layer over all others, from the last on. */
function resolve(opened: readonly OpenedLayer[]): { readonly tasks: readonly Task[]; readonly missingPages: number } {
  const offsets = layerOffsets(opened.map(({ image }) => image.contents.size));
  let below: readonly Task[] = [];
  let missingPages = 0;
  for (let layer = opened.length - 1; layer >= 0; layer--) {
    const image = opened[layer]?.image;
    if (image) ({ tasks: below, missingPages } = resolveLayer(image, offsets[layer] ?? 0, below));
  }
  return { tasks: below, missingPages };
}

function lacks({ name }: Image, pages: number): FormatError {
  const what = `${name}: ${String(pages)} pages that are left to the parent are not in there`;
  return new FormatError('PARENT_LACKS', { at: { path: 'parent' }, what });
}

function chainImage(opened: readonly OpenedLayer[], tasks: readonly Task[]): Image {
  const [top] = opened;
  if (!top) throw new RangeError('a chain without layers');
  const { name, format, header, notes } = top.image;
  const contents = new ChainSource(
    name,
    opened.map(({ image }) => unclosed(image.contents)),
  );
  const close = async (): Promise<void> => {
    for (const { image } of opened) await image.close();
  };
  return { name, format, header, tasks, contents, notes, layers: opened.map(layerOf), close };
}

function layerOf({ image, id }: OpenedLayer): ImageLayer {
  const { name, contents, header, capture, parent } = image;
  const facts = { name, bytes: contents.size, timeSeconds: header.timeSeconds, id, parent, capture };
  return { ...facts, ...pagesIn(image) };
}
