export { convertImage, type Conversion, type ConvertOptions } from './convert.js';
export { decodeRecords, type DecodeOptions } from './decode.js';
export {
  DOCUMENT_FORMS,
  type DocumentEntry,
  type DocumentForm,
  type DocumentHead,
  type PagesReference,
  type RecordsDocument,
} from './document.js';
export { encodeRecords, type EncodeOptions, type Encoding } from './encode.js';
export { readDocument } from './read-document.js';
export { writeDocument, type WriteDocumentOptions } from './write-document.js';
export { salvageImage, type Salvage, type SalvageOptions } from './salvage.js';
export { relinkImage } from './relink.js';
