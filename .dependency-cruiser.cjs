/** The arrows of the source tree: cli -> {open, workers, convert, inspect, capture} -> format, and nothing back. */

const { builtinModules } = require('node:module');

const BROWSER_ENTRY = '^src/open/browser\\.ts$';
const ENTRY = ['^src/index\\.ts$', '^src/[^/]+/index\\.ts$', BROWSER_ENTRY];
const FAMILIES = ['cr', 'ckpt', 'criu', 'elf'];
/** Families that are two spellings of one thing share a room. */
const SHARED = { cr: ['^src/format/linux-cr/'], ckpt: ['^src/format/linux-cr/'] };
const FORMAT_BASE = '^src/format/(?:bytes/|layout/|model/|errors\\.ts$)';
/** How an index begins and ends: readers must know it where it stands behind a stream. */
const INDEX_FRAME = '^src/format/image-index/frame\\.ts$';
const BUILT_IN = ['core'];
const PACKAGE = ['npm', 'npm-dev', 'npm-optional', 'npm-peer', 'npm-no-pkg', 'npm-unknown'];

const familySeesOnlyTheBase = (family) => ({
  name: `format-${family}-sees-only-the-base`,
  comment:
    'A format family sees bytes, layout, model, errors, the frame of an index and its shared room, never another family.',
  severity: 'error',
  from: { path: `^src/format/${family}/` },
  to: { path: '^src/', pathNot: [`^src/format/${family}/`, ...(SHARED[family] ?? []), FORMAT_BASE, INDEX_FRAME] },
});

const readerAndWriterMeetInTables = (family) => [
  {
    name: `format-${family}-reader-knows-no-writer`,
    severity: 'error',
    from: { path: `^src/format/${family}/read/` },
    to: { path: `^src/format/${family}/write/` },
  },
  {
    name: `format-${family}-writer-knows-no-reader`,
    comment: 'But for what is in a stream: writing it down again starts from its items.',
    severity: 'error',
    from: { path: `^src/format/${family}/write/`, pathNot: '/reencode\\.ts$' },
    to: { path: `^src/format/${family}/read/` },
  },
  {
    name: `format-${family}-tables-know-neither`,
    severity: 'error',
    from: { path: `^src/format/${family}/tables/` },
    to: { path: `^src/format/${family}/`, pathNot: `^src/format/${family}/tables/` },
  },
];

const roomSees = (room, allowed) => ({
  name: `${room}-sees-only-what-is-below`,
  comment: `src/${room} may import itself and what is listed here.`,
  severity: 'error',
  from: { path: `^src/${room}/` },
  to: { path: '^src/', pathNot: [`^src/${room}/`, ...allowed] },
});

module.exports = {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    { name: 'no-unresolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
    ...FAMILIES.map(familySeesOnlyTheBase),
    ...FAMILIES.flatMap(readerAndWriterMeetInTables),
    roomSees('format/bytes', ['^src/format/errors\\.ts$']),
    roomSees('format/layout', ['^src/format/(?:errors\\.ts$|bytes/)']),
    roomSees('format/model', ['^src/format/(?:errors\\.ts$|bytes/)']),
    roomSees('format/linux-cr', [FORMAT_BASE, INDEX_FRAME]),
    roomSees('format/image-index', [FORMAT_BASE]),
    roomSees('format', []),
    roomSees('inspect', [FORMAT_BASE]),
    roomSees('capture', ['^src/format/']),
    roomSees('workers', ['^src/format/bytes/', '^src/format/errors\\.ts$', '^src/inspect/']),
    roomSees('open', ['^src/format/', '^src/inspect/']),
    roomSees('convert', ['^src/format/']),
    {
      name: 'errors-see-nothing',
      severity: 'error',
      from: { path: '^src/format/errors\\.ts$' },
      to: { path: '^src/' },
    },
    {
      name: 'entry-points-only-from-outside',
      comment: 'Code inside src imports the file it means, never an index.',
      severity: 'error',
      from: { path: '^src/', pathNot: ENTRY },
      to: { path: ENTRY },
    },
    {
      name: 'model-and-inspect-touch-no-descriptor',
      comment: 'Only format/bytes, capture and cli touch files and processes.',
      severity: 'error',
      from: { path: '^src/(?:format/(?!bytes/)|inspect/|convert/)' },
      to: { dependencyTypes: BUILT_IN, path: '^(?:node:)?(?:fs|fs/promises|child_process|net|http|https)$' },
    },
    {
      name: 'browser-entry-reaches-no-node',
      comment: 'Browsers have no modules of Node; what needs them is loaded elsewhere.',
      severity: 'error',
      from: { path: BROWSER_ENTRY },
      to: { reachable: true, path: `^(?:node:)?(?:${builtinModules.join('|')})$` },
    },
    {
      name: 'terminal-libraries-only-in-cli',
      severity: 'error',
      from: { path: '^src/(?!cli/)' },
      to: { path: 'node_modules/(?:yargs|chalk)/' },
    },
    {
      name: 'no-dev-dependency-in-src',
      severity: 'error',
      from: { path: '^src/' },
      to: { dependencyTypes: PACKAGE.filter((kind) => kind !== 'npm'), dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'src-sees-only-src',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^(?:test|bench|docs)/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'types', 'node', 'default'] },
  },
};
