import { defineConfig } from 'rolldown';

const ASCII_WIDTH = '\0ascii-width';

/**
 * yargs measures its help with string-width, whose expressions for emoji take V8 a third of our whole start to read.
 * Our help is ASCII: there a character is a column.
 */
const asciiHelp = {
  name: 'ascii-help',
  resolveId: (id) => (id === 'string-width' ? ASCII_WIDTH : undefined),
  load: (id) => (id === ASCII_WIDTH ? 'export default (text) => text.length;' : undefined),
};

// The command line in few files with its dependencies inside: it starts in half the time. Commands stay apart, to be
// loaded when one runs; the guard and the threads are programs of their own beside them.
export default defineConfig({
  input: {
    crit: 'dist/cli/main.js',
    'guard-main': 'dist/capture/guard-main.js',
    'reader-main': 'dist/capture/reader-main.js',
    'worker-main': 'dist/workers/worker-main.js',
    'sink-main': 'dist/workers/sink-main.js',
  },
  platform: 'node',
  plugins: [asciiHelp],
  output: { dir: 'dist/bin', format: 'esm', entryFileNames: '[name].js', chunkFileNames: '[name].js', minify: true },
});
