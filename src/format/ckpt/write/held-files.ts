import type { FileDescriptor, OpenFile, OpenFileState } from '../../model/image.js';
import type { KernelItem, KernelRecord } from '../../model/kernel-state.js';
import { furtherFields } from './field-values.js';
import { fTypeOf, genericType, isSpecial, nameWithoutPath, objectFieldOf } from './file-types.js';
import { F_TYPES } from '../tables/files.js';
import { heldFields, heldItems, loseFields } from './held-records.js';
import { bytesOfItem } from '../../linux-cr/losses.js';
import type { Holding } from './holding.js';
import { layoutToWrite } from '../tables/revision.js';

/** Fields of FILE that the model has by themselves. */
const COMMON_FIELDS: ReadonlySet<string> = new Set(['f_type', 'f_mode', 'f_flags', 'f_pos', 'f_version']);
const NOTHING = new Uint8Array(0);

/** The open files of an image as the target has them; the same object in, the same object out. */
export class HeldFiles {
  readonly #holding: Holding;
  readonly #files = new Map<OpenFile, OpenFile>();
  readonly #tables = new Map<readonly FileDescriptor[], readonly FileDescriptor[]>();
  readonly #tableIds = new Map<readonly FileDescriptor[], number>();
  readonly #mapped = new Map<string, OpenFile>();
  /** Numbers of pipes by their name or their number in the given image. */
  readonly #pipes = new Map<string | number, number>();
  /** Pipes whose contents are there already. */
  readonly #filled = new Set<number>();

  constructor(holding: Holding) {
    this.#holding = holding;
  }

  /** The number of a table that `table` gave. */
  tableId(held: readonly FileDescriptor[]): number {
    return this.#tableIds.get(held) ?? this.#holding.ids.fresh();
  }

  /** Whether the table was seen before. */
  hasTable(files: readonly FileDescriptor[]): boolean {
    return this.#tables.has(files);
  }

  table(files: readonly FileDescriptor[], path: string): readonly FileDescriptor[] {
    const known = this.#tables.get(files);
    if (known) return known;
    // before those of its files, as they stand in the stream
    const id = this.#holding.ids.fresh();
    const held = files.map((one) => ({ ...one, file: this.file(one.file, `${path}.fd[${String(one.fd)}]`) }));
    this.#tables.set(files, held);
    this.#tableIds.set(held, id);
    return held;
  }

  /** A file for a mapping of which only the path is known. */
  mapped(name: string): OpenFile {
    const known = this.#mapped.get(name);
    if (known) return known;
    const file: OpenFile = {
      ...{ type: 'regular', name, f_mode: 0, f_flags: 0, f_pos: 0n, f_version: 0n },
      id: this.#holding.ids.fresh(),
    };
    this.#mapped.set(name, file);
    return file;
  }

  file(file: OpenFile, path: string): OpenFile {
    const known = this.#files.get(file);
    if (known) return known;
    const held = this.#heldFile(file, path);
    this.#files.set(file, held);
    return held;
  }

  #heldFile(file: OpenFile, path: string): OpenFile {
    const { revision, ids } = this.#holding;
    const type = fTypeOf(file, revision);
    const { f_mode, f_flags, f_pos, f_version } = file;
    const common = { f_mode, f_flags, f_pos, f_version, id: ids.claim(file.id) };
    if (type === 'GENERIC') {
      const heldType = genericType(f_flags);
      if (heldType !== file.type) this.#loseType(file, path);
      const kernel = isSpecial(file.type) ? undefined : this.#state(file, type, undefined, path);
      return { ...common, type: heldType, name: file.name, ...(kernel && { kernel }) };
    }
    const objectField = objectFieldOf(type);
    const pipe = objectField === 'pipe_objref' ? this.#pipeOf(file) : undefined;
    const kernel = this.#state(file, type, pipe, path);
    const object = objectField ? Number(kernel?.fields[objectField] ?? 0) : 0;
    return { ...common, type: file.type, name: nameWithoutPath(type, object, file.name), ...(kernel && { kernel }) };
  }

  #loseType(file: OpenFile, path: string): void {
    const { lose } = this.#holding;
    const { before = [], after = [], fields = {} } = file.kernel ?? {};
    const parts: KernelItem[] = [...before, ...after];
    const records = parts.filter((item) => item.kind === 'record');
    const bytes = records.reduce((sum, record) => sum + bytesOfItem(record), Object.keys(fields).length * 4);
    const isDemoted = isSpecial(file.type);
    const why = isDemoted ? 'has only the name of it' : 'does not tell it from a regular file';
    lose(path, `that its type is ${file.type}`, why, isDemoted ? bytes : 0);
  }

  #pipeOf({ name, kernel }: OpenFile): number {
    const given = Number(kernel?.fields['pipe_objref'] ?? 0);
    const key = given > 0 ? given : name;
    const number = this.#pipes.get(key) ?? (given > 0 ? this.#holding.ids.moved(given) : this.#holding.ids.fresh());
    this.#pipes.set(key, number);
    return number;
  }

  #state(
    file: OpenFile,
    type: ReturnType<typeof fTypeOf>,
    pipe: number | undefined,
    path: string,
  ): OpenFileState | undefined {
    const holding = this.#holding;
    const { before = [], fields = {}, after = [] } = file.kernel ?? {};
    const layout = layoutToWrite(holding.revision, 'FILE', holding.wordBytes, { f_type: F_TYPES[type] });
    const held = heldFields(holding, layout, furtherFields(fields, COMMON_FIELDS));
    if (held.lost.length > 0) loseFields(holding, path, 'FILE', held.lost);
    const further = { ...held.fields, ...(pipe !== undefined && { pipe_objref: pipe }) };
    const kernel: OpenFileState = {
      before: heldItems(holding, before, `${path}.before`, (memory) => memory),
      fields: furtherFields(further, COMMON_FIELDS),
      after: pipe === undefined ? this.#loseAfter(after, path) : this.#contents(pipe, after),
    };
    const isEmpty = kernel.before.length + kernel.after.length + Object.keys(kernel.fields).length === 0;
    return isEmpty ? undefined : kernel;
  }

  #loseAfter(after: readonly KernelItem[], path: string): [] {
    for (const item of after)
      if (item.kind === 'record')
        this.#holding.lose(path, `record ${item.name}`, 'has it of pipes only', item.payload.length);
    return [];
  }

  /** What is in a pipe stands behind the first of its files, also when that is nothing. */
  #contents(pipe: number, after: readonly KernelItem[]): KernelItem[] {
    const given = after.find((item): item is KernelRecord => item.kind === 'record' && item.name === 'PIPE_BUF');
    const isFirst = !this.#filled.has(pipe);
    this.#filled.add(pipe);
    if (!given && !isFirst) return [];
    return [given ?? { kind: 'record', name: 'PIPE_BUF', fields: {}, elements: [], payload: NOTHING }];
  }
}
