import type { Command } from '../command.js';
import { freeze, IMAGE, json, type9 } from './options.js';

/** Commands that compare images, with each other or with what they should be. */
export const COMPARING: readonly Command[] = [
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
    run: async (args, signal) => (await import('../diff.js')).runDiff(args, signal),
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
    run: async (args, signal) => (await import('../digest.js')).runDigest(args, signal),
  },
  {
    usage: 'chain <image>',
    positionals: [['image', 'An incremental image: a file']],
    summary: 'List an image and its ancestors, and what each holds',
    options: { json, 'vma-type-9': type9 },
    examples: [['crit chain 3.img', 'size, pages and time of 3.img, 2.img and 1.img']],
    run: async (args, signal) => (await import('../chain.js')).runChain(args, signal),
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
    run: async (args, signal) => (await import('../verify.js')).runVerify(args, signal),
  },
];
