import { DOCUMENT_FORMS } from '../../convert/document.js';
import type { Command } from '../command.js';
import { input, output } from './options.js';

/** Commands that turn images into documents and back. */
export const RECORDS: readonly Command[] = [
  {
    usage: 'decode [image]',
    positionals: [['image', 'A file, or - for standard input']],
    summary: 'Write the records of an image as text, from which encode makes the same bytes',
    options: {
      input: input('The image; the same as naming it alone'),
      output: output('File to write; standard output unless told', false),
      format: { choices: DOCUMENT_FORMS, default: 'json', describe: 'How to write it' },
      pages: { type: 'string', describe: 'File for the page contents; --no-pages drops them' },
      pretty: { type: 'boolean', default: false, describe: 'A line for each value instead of one for each record' },
    },
    examples: [
      ['crit decode before.img -o before.json', 'one record a line, page contents in base64'],
      ['crit decode before.img -o before.json --pages before.pages', 'page contents apart, as they are'],
      ['crit decode before.img --no-pages | grep VMA', 'structure only; it cannot be encoded again'],
      ['crit decode -i before.img -o before.json --pretty', 'for reading'],
    ],
    run: async (args, signal) => (await import('../decode.js')).runDecode(args, signal),
  },
  {
    usage: 'encode [document]',
    positionals: [['document', 'What decode wrote, JSON or msgpack, perhaps edited; - for standard input']],
    summary: 'Make an image from what decode wrote',
    options: {
      input: input('The document; the same as naming it alone'),
      output: output('Image to write, - for standard output', true),
      pages: { type: 'string', describe: 'File with the page contents that decode put apart' },
      force: { type: 'boolean', default: false, describe: 'Write the image even if it cannot be read' },
    },
    examples: [
      ['crit encode before.json -o again.img', 'the same bytes as before.img'],
      ['crit encode before.json --pages before.pages -o again.img', 'with page contents from their file'],
      ['crit encode --force broken.json -o broken.img', 'an image that readers must refuse'],
    ],
    run: async (args, signal) => (await import('../encode.js')).runEncode(args, signal),
  },
];
