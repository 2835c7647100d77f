import type { Note } from '../../model/image.js';

const MAX_OF_A_KIND = 16;

/** Notes, of each kind not more than 16 and one that says how many there were besides. */
export class NoteList {
  readonly #kinds = new Map<Note['code'], { readonly kept: Note[]; first: Note | undefined; more: number }>();

  add(note: Note): void {
    const kind = this.#kinds.get(note.code) ?? { kept: [], first: undefined, more: 0 };
    this.#kinds.set(note.code, kind);
    if (kind.kept.length < MAX_OF_A_KIND) kind.kept.push(note);
    else {
      kind.first ??= note;
      kind.more++;
    }
  }

  all(): Note[] {
    return [...this.#kinds.values()].flatMap(({ kept, first, more }) =>
      first ? [...kept, { ...first, message: `${String(more)} more of this kind, the first of them here` }] : kept,
    );
  }
}
