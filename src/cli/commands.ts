import type { Options } from 'yargs';
import { DOCUMENT_FORMS } from '../convert/document.js';
import type { Command } from './command.js';

const json: Options = { type: 'boolean', default: false, describe: 'Print JSON' };

const freeze: Options = {
  type: 'boolean',
  default: true,
  describe: 'Stop a process while it is read; --no-freeze lets it run',
};

const type9: Options = {
  choices: ['hugetlb', 'device'],
  describe:
    'What mappings of type 9 in ckpt images are, a number that two proposals took; default as the revision has it',
};

const input = (describe: string): Options => ({ alias: 'i', type: 'string', describe });
const output = (describe: string, demandOption: boolean): Options => ({
  alias: 'o',
  type: 'string',
  demandOption,
  describe,
});

const STRICT = 'Refuse what kernels of that revision refused';

/** The names of the writers, which are not loaded for anything but this. */
async function revisions(): Promise<string> {
  return `Revisions that can be written: ${(await import('../format/registry.js')).WRITER_NAMES.join(', ')}.`;
}

const IMAGE = [['image', 'A file, - for standard input, or pid:N for a living process']] as const;

export const COMMANDS: readonly Command[] = [
  {
    usage: 'show <image>',
    positionals: IMAGE,
    summary: 'Show an image as a tree: tasks, memory, threads, files',
    options: {
      records: { type: 'boolean', default: false, describe: 'The raw records with their offsets instead' },
      json,
      freeze,
      'vma-type-9': type9,
    },
    examples: [
      ['crit show before.img', 'what is in the image'],
      ['crit show pid:1234', 'the same of a living process'],
      ['crit show --records before.img', 'every record, byte by byte accounted for'],
      ['crit capture 1234 -o - | crit show -', 'through a pipe'],
    ],
    run: async (args, signal) => (await import('./show.js')).runShow(args, signal),
  },
  {
    usage: 'info <image>',
    positionals: IMAGE,
    summary: 'Totals of an image on one screen',
    options: { json, freeze, 'vma-type-9': type9 },
    examples: [['crit info before.img', 'how much of what']],
    run: async (args, signal) => (await import('./info.js')).runInfo(args, signal),
  },
  {
    usage: 'diff <a> <b>',
    positionals: [
      ['a', 'The image before'],
      ['b', 'The image after'],
    ],
    summary: 'Compare two images: fields, mappings, and pages by content',
    options: {
      pages: { type: 'boolean', default: false, describe: 'List the runs of pages that differ' },
      bytes: { type: 'boolean', default: false, describe: 'Show the bytes that changed' },
      stat: { type: 'boolean', default: false, describe: 'Totals only' },
      json,
      freeze,
      'vma-type-9': type9,
    },
    examples: [
      ['crit diff before.img after.img', 'what changed'],
      ['crit diff --pages before.img pid:1234', 'which pages the process has changed since'],
    ],
    run: async (args, signal) => (await import('./diff.js')).runDiff(args, signal),
  },
  {
    usage: 'capture <pid>',
    positionals: [['pid', 'Process to capture, as 1234 or pid:1234']],
    summary: 'Capture a living process into an image',
    options: {
      output: output('File to write, - for standard output', true),
      to: { type: 'string', default: 'v11', describe: 'Revision to write; crit convert --help lists them' },
      strict: { type: 'boolean', default: false, describe: STRICT },
      json: { ...json, describe: 'Print the summary as JSON on standard output' },
      freeze,
      'pause-budget': {
        type: 'string',
        describe:
          'Copy to memory while it stands still, to the disk later: up to =SIZE, half of what is free unless told',
      },
    },
    optionalValues: ['pause-budget'],
    examples: [
      ['crit capture 1234 -o before.img', 'stop it, copy it, let it run on'],
      ['crit capture 1234 -o - | ssh backup "cat > it.img"', 'elsewhere, with nothing written here'],
    ],
    run: async (args, signal) => (await import('./capture.js')).runCapture(args, signal),
  },
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
    run: async (args, signal) => (await import('./decode.js')).runDecode(args, signal),
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
    run: async (args, signal) => (await import('./encode.js')).runEncode(args, signal),
  },
  {
    usage: 'convert <in> <out>',
    positionals: [
      ['in', 'The image to read: a file, - for standard input, or pid:N for a living process'],
      ['out', 'File to write, - for standard output'],
    ],
    summary: 'Write an image as another revision',
    options: {
      to: { type: 'string', demandOption: true, describe: 'Revision to write' },
      'fail-on-loss': { type: 'boolean', default: false, describe: 'Refuse to leave anything out' },
      strict: { type: 'boolean', default: false, describe: STRICT },
      json: { ...json, describe: 'Print the summary as JSON on standard output' },
      freeze,
      'vma-type-9': type9,
    },
    examples: [
      ['crit convert old.img new.img --to v13', 'and list what v13 cannot hold'],
      ['crit convert old.img old.img --to v9 --fail-on-loss', 'in place, if nothing is lost'],
      ['ssh host crit capture 1234 -o - | crit convert - it.img --to v8', 'through a pipe'],
    ],
    epilogue: revisions,
    run: async (args, signal) => (await import('./convert.js')).runConvert(args, signal),
  },
  {
    usage: 'verify <image>',
    positionals: [['image', 'A file, or - for standard input']],
    summary: 'Check an image from end to end and list what is wrong',
    options: { json, 'vma-type-9': type9 },
    examples: [
      ['crit verify before.img', 'exit status 0 if it is whole, 1 if it is damaged'],
      ['crit verify --json - < before.img', 'all findings with offset and path'],
    ],
    run: async (args, signal) => (await import('./verify.js')).runVerify(args, signal),
  },
  {
    usage: 'salvage <in> <out>',
    positionals: [
      ['in', 'The damaged image: a file, or - for standard input'],
      ['out', 'File to write, - for standard output'],
    ],
    summary: 'Save what can be read of a damaged image as a whole one',
    options: {
      to: { type: 'string', describe: 'Revision to write; default that of the image, or the nearest to it' },
      'vma-type-9': type9,
      json: { ...json, describe: 'Print the summary as JSON on standard output' },
    },
    examples: [['crit salvage broken.img rest.img', 'and list what is lost']],
    epilogue: revisions,
    run: async (args, signal) => (await import('./salvage.js')).runSalvage(args, signal),
  },
];
