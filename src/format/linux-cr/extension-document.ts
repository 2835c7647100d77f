import { decodeLayout } from '../layout/decode.js';
import type { DocumentItem, RecordDocument } from '../layout/document.js';
import { ELEMENTS_PER_PIECE, elementItems } from '../layout/elements-document.js';
import { layoutToJson, type JsonFields } from '../layout/json.js';
import type { Layout } from '../layout/layout.js';
import { textDocument } from '../layout/text-document.js';
import { hexBytes, text } from '../layout/unit.js';
import { PAGE_RANGE, PARENT, PARENT_OBJECT, UNCAPTURED, type ExtensionItem, type ExtensionName } from './extension.js';

/** What a payload begins with, and what it goes on with. */
interface Form {
  readonly layout?: Layout;
  readonly rest: 'bytes' | 'text' | 'none' | Layout;
}

const FORMS: Readonly<Record<ExtensionName, Form>> = {
  PARENT: { layout: PARENT, rest: 'text' },
  PARENT_PAGES: { rest: PAGE_RANGE },
  PARENT_OBJECT: { layout: PARENT_OBJECT, rest: 'none' },
  CAPTURE: { rest: 'bytes' },
  UNCAPTURED: { layout: UNCAPTURED, rest: PAGE_RANGE },
};

/** Structs in the records of ours. */
export const EXTENSION_LAYOUTS: readonly Layout[] = [PARENT, PAGE_RANGE, PARENT_OBJECT, UNCAPTURED];

/** A payload whose length goes with its form. */
function formOf({ name, bytes }: ExtensionItem): Form {
  const form = FORMS[name];
  const restBytes = bytes.length - (form.layout?.size ?? 0);
  const { rest } = form;
  const isWhole = typeof rest === 'object' ? restBytes % rest.size === 0 : rest !== 'none' || restBytes === 0;
  return restBytes >= 0 && isWhole ? form : { rest: 'bytes' };
}

function elementsIn({ bytes, offset, path }: ExtensionItem, layout: Layout, from: number) {
  const elements = [];
  for (let at = from; at < bytes.length; at += layout.size)
    elements.push(decodeLayout(layout, bytes.subarray(at), { offset: offset + at, path }));
  return elements;
}

/** A record of ours in neutral words. */
export function extensionToJson(item: ExtensionItem): JsonFields {
  const { bytes, offset, path, parent } = item;
  const { layout, rest } = formOf(item);
  const head = layout ? layoutToJson(layout, decodeLayout(layout, bytes, { offset, path })) : {};
  const owner = parent === undefined ? {} : { parent };
  const behind = bytes.subarray(layout?.size ?? 0);
  if (typeof rest === 'object') {
    const ranges = elementsIn(item, rest, layout?.size ?? 0).map((element) => layoutToJson(rest, element));
    return { ...owner, ...head, ranges };
  }
  if (rest === 'text') return { ...owner, ...head, path: text.toJson(behind) };
  return rest === 'none' ? { ...owner, ...head } : { ...owner, ...head, hex: hexBytes(behind) };
}

/** The same as pieces of a document. */
export function* extensionItems(item: ExtensionItem): Generator<DocumentItem> {
  const { name, type, parent, bytes, offset, length, path } = item;
  const { layout, rest } = formOf(item);
  const fields = layout && layoutToJson(layout, decodeLayout(layout, bytes, { offset, path }));
  const struct = layout ? { layout: layout.name, size: layout.size, fields } : {};
  const head: RecordDocument = { name, type, ...(parent !== undefined && { parent }), ...struct };
  const behind = bytes.subarray(layout?.size ?? 0);
  if (typeof rest !== 'object') {
    const payload = rest === 'text' ? textDocument(behind) : rest === 'bytes' ? { bytes: behind } : {};
    yield { place: { offset, length, path }, record: { ...head, ...payload } };
    return;
  }
  const elements = elementsIn(item, rest, layout?.size ?? 0);
  const headBytes = length - behind.length;
  if (elements.length <= ELEMENTS_PER_PIECE) {
    const json = elements.map((element) => layoutToJson(rest, element));
    const document = { ...head, elements: { layout: rest.name, size: rest.size, fields: json } };
    yield { place: { offset, length, path }, record: document };
    return;
  }
  yield { place: { offset, length: headBytes, path }, record: { ...head, behind: behind.length } };
  const place = { offset: offset + headBytes, length: behind.length, path };
  yield* elementItems(`raw:${name}`, rest, elements, place);
}
