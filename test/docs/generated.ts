import { fragments, wholeImage } from './hexdump.js';
import { elementTables, layoutTables } from './layout-tables.js';
import { archNumbers, enumTable, guesses, magics, objectNumbers, recordNumbers, refusedFlags, uncapturedReasons, writableNames } from './number-tables.js';

type Generator = (first: string, others: readonly string[]) => string | Promise<string>;

/** What a mark on the page may ask for: `<!-- layouts ckpt MM VMA -->`. */
const GENERATORS: Readonly<Record<string, Generator>> = {
  struct: elementTables,
  layouts: layoutTables,
  numbers: recordNumbers,
  objects: objectNumbers,
  architectures: archNumbers,
  enum: enumTable,
  magics,
  revisions: writableNames,
  guesses,
  reasons: uncapturedReasons,
  refused: refusedFlags,
  image: wholeImage,
  fragments,
};

const MARK = /(<!-- (\w+)((?: [\w.[\]-]+)*) -->\n)[\s\S]*?(<!-- end -->)/g;

/** What the marks of the page ask for, in order. */
export function marksOf(page: string): { readonly what: string; readonly words: readonly string[] }[] {
  return [...page.matchAll(MARK)].map(([, , what = '', words = '']) => ({ what, words: words.split(' ').slice(1) }));
}

/** The page with everything between its marks made anew. @throws {RangeError} for a mark that nothing is made for */
export async function renderPage(page: string): Promise<string> {
  const parts: string[] = [];
  let done = 0;
  for (const match of page.matchAll(MARK)) {
    const [whole, start = '', what = '', words = '', end = ''] = match;
    const generate = GENERATORS[what];
    if (!generate) throw new RangeError(`the page asks for ${what}${words}, which there is not`);
    const [first = '', ...others] = words.split(' ').slice(1);
    parts.push(page.slice(done, match.index), start, '\n', await generate(first, others), '\n\n', end);
    done = match.index + whole.length;
  }
  return parts.join('') + page.slice(done);
}
