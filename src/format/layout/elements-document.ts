import type { DocumentItem, DocumentPlace } from './document.js';
import { layoutToJson } from './json.js';
import type { AnyRecord, Layout } from './layout.js';

/** Most structs in one piece of a document. */
export const ELEMENTS_PER_PIECE = 1024;

/** Structs behind each other as pieces of a document, of so many each. */
export function* elementItems(
  name: string,
  layout: Layout,
  records: readonly AnyRecord[],
  { offset, path }: DocumentPlace,
): Generator<DocumentItem> {
  for (let i = 0; i < records.length; i += ELEMENTS_PER_PIECE) {
    const fields = records.slice(i, i + ELEMENTS_PER_PIECE).map((record) => layoutToJson(layout, record));
    const place = { offset: offset + i * layout.size, length: fields.length * layout.size, path };
    yield { place, record: { name, elements: { layout: layout.name, size: layout.size, fields } } };
  }
}
