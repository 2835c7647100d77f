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

const index: Options = {
  type: 'boolean',
  default: true,
  describe: 'Put an index behind the image, which kernels do not read; --no-index leaves it out',
};

const input = (describe: string): Options => ({ alias: 'i', type: 'string', describe });
const output = (describe: string, demandOption: boolean): Options => ({
  alias: 'o',
  type: 'string',
  demandOption,
  describe,
});

/** Which memory is searched, and how far. */
const SEARCHED: Command['options'] = {
  pid: { type: 'string', describe: 'Only the memory of this task' },
  vma: { type: 'string', array: true, nargs: 1, describe: 'Only this mapping: address, range, [heap], file, kind' },
  limit: { type: 'string', describe: 'Stop after so many' },
};

const STRICT = 'Refuse what kernels of that revision refused';

/** The names of the writers, which are not loaded for anything but this. */
async function revisions(): Promise<string> {
  return `Revisions that can be written: ${(await import('../format/registry.js')).WRITER_NAMES.join(', ')}.`;
}

const IMAGE = [['image', 'A file, a URL, - for standard input, or pid:N for a living process']] as const;

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
    usage: 'read <image> <address> [length]',
    positionals: [
      ...IMAGE,
      ['address', 'Where to begin: 0x7f0000001000, [stack], libc.so.6+0x10, vma[3]; or a range as in /proc/PID/maps'],
      ['length', 'Bytes to read; default 256, with --string at most 4096'],
    ],
    summary: 'Read memory: what is at an address',
    options: {
      raw: { type: 'boolean', default: false, describe: 'The bytes as they are' },
      output: output('With --raw: file to write, - for standard output', false),
      string: { type: 'boolean', default: false, describe: 'The text there, up to a NUL' },
      u8: { type: 'boolean', default: false, describe: 'Bytes as numbers, one a line' },
      u16: { type: 'boolean', default: false, describe: 'Words of 2 bytes' },
      u32: { type: 'boolean', default: false, describe: 'Words of 4 bytes' },
      u64: { type: 'boolean', default: false, describe: 'Words of 8 bytes, and what they point to' },
      count: { type: 'string', describe: 'How many words; instead of the length' },
      pid: { type: 'string', describe: 'The task whose memory it is, where an image has several' },
      files: {
        type: 'boolean',
        default: false,
        describe: 'Read pages that are not in the image from the mapped files',
      },
      json,
      freeze,
      'vma-type-9': type9,
    },
    examples: [
      ["crit read before.img '[stack]'", 'the lowest 256 bytes of the stack'],
      ['crit read before.img 0x7f0722fbb010 --string', 'the text that a pointer points to'],
      ["crit read pid:1234 '[heap]+0x10' --u64 --count 4", 'four words of a living process'],
      ['crit read before.img 7f0722fbb000-7f0723fbc000 --raw -o part.bin', 'a whole mapping'],
    ],
    run: async (args, signal) => (await import('./read.js')).runRead(args, signal),
  },
  {
    usage: 'why <image> <address>',
    positionals: [...IMAGE, ['address', 'The address: 0x7f0000001000, [stack]+8, libc.so.6+0x10, vma[3]']],
    summary: 'Explain an address: mapping, place in the image, equal pages, who points to it',
    options: {
      scan: {
        type: 'boolean',
        default: true,
        describe: 'Look through all memory; --no-scan tells what the tables know',
      },
      limit: { type: 'string', describe: 'Most places of each sort that are listed; default 8' },
      pid: { type: 'string', describe: 'The task whose memory it is, where an image has several' },
      json,
      freeze,
      'vma-type-9': type9,
    },
    examples: [
      ['crit why before.img 0x7f0722fbb010', 'all that is known of it'],
      ['crit why before.img libc.so.6+0x10 --no-scan', 'where its bytes lie'],
    ],
    run: async (args, signal) => (await import('./why.js')).runWhy(args, signal),
  },
  {
    usage: 'search <image> [pattern]',
    positionals: [...IMAGE, ['pattern', 'What to search for: text, unless an option says what it is']],
    summary: 'Search memory for bytes, text, numbers, expressions or pointers',
    options: {
      text: { type: 'boolean', default: false, describe: 'The pattern is text in UTF-8; so it is unless told' },
      hex: { type: 'boolean', default: false, describe: 'Bytes in hex, ?? for any' },
      utf16: { type: 'boolean', default: false, describe: 'Text in UTF-16, little endian' },
      regex: { type: 'boolean', default: false, describe: 'A regular expression on bytes' },
      u8: { type: 'boolean', default: false, describe: 'A number in a byte' },
      u16: { type: 'boolean', default: false, describe: 'A number in 2 bytes' },
      u32: { type: 'boolean', default: false, describe: 'A number in 4 bytes' },
      u64: { type: 'boolean', default: false, describe: 'A number in 8 bytes' },
      'big-endian': { type: 'boolean', default: false, describe: 'Of numbers: the highest byte first' },
      aligned: { type: 'boolean', default: false, describe: 'Of numbers: only at multiples of their size' },
      'ignore-case': { type: 'boolean', default: false, describe: 'Of text: letters of ASCII in either case' },
      'pointer-to': { type: 'string', describe: 'Words that point into this range or mapping' },
      ...SEARCHED,
      context: { alias: 'C', type: 'string', describe: 'Bytes around each match to show' },
      count: { type: 'boolean', default: false, describe: 'Only how many there are' },
      json,
      freeze,
      'vma-type-9': type9,
    },
    examples: [
      ['crit search before.img password', 'text, wherever it is'],
      ["crit search before.img --hex 'de ad ?? ef' -C 32", 'bytes, with memory around'],
      ['crit search pid:1234 --u32 0x7f000001 --big-endian --aligned', 'a number'],
      ["crit search before.img --pointer-to '[heap]' --vma '[stack]'", 'who points there'],
    ],
    run: async (args, signal) => (await import('./search.js')).runSearch(args, signal),
  },
  {
    usage: 'strings <image>',
    positionals: IMAGE,
    summary: 'Text in memory, with addresses',
    options: {
      min: { alias: 'n', type: 'string', describe: 'Fewest characters; default 4' },
      encoding: { choices: ['ascii', 'utf8', 'utf16'], default: 'ascii', describe: 'How text is encoded' },
      ...SEARCHED,
      json,
      freeze,
      'vma-type-9': type9,
    },
    examples: [["crit strings before.img -n 8 --vma '[heap]'", 'what the program has on its heap']],
    run: async (args, signal) => (await import('./strings.js')).runStrings(args, signal),
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
      index,
      json: { ...json, describe: 'Print the summary as JSON on standard output' },
      freeze,
    },
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
      index,
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
    usage: 'digest <image> [other]',
    positionals: [...IMAGE, ['other', 'Another image, to compare with']],
    summary: 'Digest of all state of an image, the same in every revision; of two: where they differ',
    options: {
      vmas: { type: 'boolean', default: false, describe: 'Also the digest of each mapping' },
      json,
      freeze,
      'vma-type-9': type9,
    },
    examples: [
      ['crit digest before.img', 'the id of what is in it'],
      ['crit digest old.img new.img', 'exit status 0 if nothing was lost in between, 1 if the state differs'],
    ],
    run: async (args, signal) => (await import('./digest.js')).runDigest(args, signal),
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
      index,
      'vma-type-9': type9,
      json: { ...json, describe: 'Print the summary as JSON on standard output' },
    },
    examples: [['crit salvage broken.img rest.img', 'and list what is lost']],
    epilogue: revisions,
    run: async (args, signal) => (await import('./salvage.js')).runSalvage(args, signal),
  },
  {
    usage: 'index <image>',
    positionals: [['image', 'A file; images that crit writes have an index already']],
    summary: 'Make an index, by which memory is found at once however large the image is',
    options: {
      output: output('File to write; default the name of the image and .idx, where it is looked for', false),
      append: {
        type: 'boolean',
        default: false,
        describe: 'Put it behind the image instead, which kernels do not read',
      },
      digests: { type: 'boolean', default: false, describe: 'Read all of the image for digests, which verify checks' },
      json: { ...json, describe: 'Print the summary as JSON on standard output' },
      'vma-type-9': type9,
    },
    examples: [
      ['crit index old.img', 'makes old.img.idx'],
      ['crit index --append --digests old.img', 'and everything else about the image stays'],
    ],
    run: async (args, signal) => (await import('./build-index.js')).runIndex(args, signal),
  },
];
