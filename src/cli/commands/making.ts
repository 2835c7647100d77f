import type { Options } from 'yargs';
import { TRACK_WISHES } from '../../capture/tracking/choose.js';
import type { Command } from '../command.js';
import { freeze, freezeChoice, index, json, output, revisions, STRICT, type9 } from './options.js';

/** What a capture leaves out, and what it does before the processes are stopped. */
const INCREMENTAL: Command['options'] = {
  parent: { type: 'string', describe: 'Leave to this image what it has of the processes as they are still' },
  track: {
    choices: TRACK_WISHES,
    describe: 'How changes are found, and that the next capture is to find them; default auto with --parent',
  },
  exact: { type: 'boolean', default: false, describe: 'Compare what soft-dirty bits say to be changed, too' },
  'pre-copy': {
    type: 'string',
    describe: 'Copy them while they run, up to =ROUNDS times, and stop them for what has changed since',
  },
  'until-pages': { type: 'string', describe: 'Stop them as soon as no more pages than these have changed' },
};

const CHOSEN: Options = { type: 'string', array: true, nargs: 1 };

/** Commands that make images. */
export const MAKING: readonly Command[] = [
  {
    usage: 'capture <pid..>',
    positionals: [['pid', 'Processes to capture, as 1234 or pid:1234']],
    summary: 'Capture living processes into an image',
    options: {
      output: output('File to write, - for standard output', true),
      to: { type: 'string', default: 'v23', describe: 'Revision to write; crit convert --help lists them' },
      strict: { type: 'boolean', default: false, describe: STRICT },
      index,
      json: { ...json, describe: 'Print the summary as JSON on standard output' },
      freeze: freezeChoice,
      tree: { type: 'boolean', default: false, describe: 'All descendants, too' },
      'max-stop': { type: 'string', describe: 'Let it run on after this time in any case: 50ms, 2s' },
      'on-deadline': {
        choices: ['fail', 'partial'],
        default: 'fail',
        describe: 'What to do when that time is over: fail, or keep the pages that were read until then',
      },
      include: { ...CHOSEN, describe: 'Capture this too: a kind, a path or glob of one, a range start-end' },
      exclude: { ...CHOSEN, describe: 'Leave the contents of this out, named in the same way' },
      kinds: { ...CHOSEN, describe: 'Kinds of mapping of your own: rules in JSON, or a module that exports `kinds`' },
      'pause-budget': {
        type: 'string',
        describe:
          'Copy to memory while it stands still, to the disk later: up to =SIZE, half of what is free unless told',
      },
      ...INCREMENTAL,
    },
    optionalValues: ['pause-budget', 'pre-copy'],
    examples: [
      ['crit capture 1234 -o before.img', 'stop it, copy it, let it run on'],
      ['crit capture --tree 1234 -o all.img', 'with its children and theirs, all of the same moment'],
      ['crit capture 1234 -o 2.img --parent 1.img', 'only what has changed since 1.img'],
      ['crit capture --tree 1234 -o b.img --parent a.img', 'the same of a tree; new children are in it whole'],
      ['crit capture 1234 -o it.img --pre-copy', 'copied while it runs, then stopped for the rest'],
      ['crit capture 1234 -o - | ssh backup "cat > it.img"', 'elsewhere, with nothing written here'],
      ['crit capture 1234 -o it.img --max-stop 50ms', 'or not at all, if that takes longer'],
    ],
    run: async (args, signal) => (await import('../capture.js')).runCapture(args, signal),
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
    run: async (args, signal) => (await import('../convert.js')).runConvert(args, signal),
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
    run: async (args, signal) => (await import('../salvage.js')).runSalvage(args, signal),
  },
  {
    usage: 'squash <image>',
    positionals: [['image', 'An incremental image: a file']],
    summary: 'Write an incremental image and its ancestors as one image',
    options: {
      output: output('File to write, - for standard output', true),
      to: { type: 'string', describe: 'Revision to write; default that of the image, or the nearest to it' },
      'fail-on-loss': { type: 'boolean', default: false, describe: 'Refuse to leave anything out' },
      strict: { type: 'boolean', default: false, describe: STRICT },
      index,
      json: { ...json, describe: 'Print the summary as JSON on standard output' },
      'vma-type-9': type9,
    },
    examples: [['crit squash 9.img -o whole.img', 'after which 1.img to 9.img can go']],
    epilogue: revisions,
    run: async (args, signal) => (await import('../squash.js')).runSquash(args, signal),
  },
  {
    usage: 'rebase <image> <parent>',
    positionals: [
      ['image', 'An incremental image: a file'],
      ['parent', 'Where its parent lies now, or an image that has all it takes from that'],
    ],
    summary: 'Move the link of an incremental image to its parent',
    options: {
      output: output('File to write; default the image itself', false),
      force: { type: 'boolean', default: false, describe: 'Compare nothing: link to it whatever it holds' },
      json: { ...json, describe: 'Print the link as JSON on standard output' },
    },
    examples: [
      ['crit rebase 2.img archive/1.img', 'after 1.img was moved there'],
      ['crit rebase 3.img whole.img', 'after 2.img and its ancestors were squashed'],
    ],
    run: async (args, signal) => (await import('../rebase.js')).runRebase(args, signal),
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
    run: async (args, signal) => (await import('../build-index.js')).runIndex(args, signal),
  },
];
