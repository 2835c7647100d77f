import type { FileDescriptor, OpenFile } from '../../model/image.js';
import { FD_TYPES, fileTypeOf } from '../tables/files.js';
import { bytesOfFields, bytesOfItems, type Lose } from '../../linux-cr/losses.js';

const MODE_BITS = 0xffff;

/** Open files as FD_DATA says them; descriptors go on sharing theirs, also between tasks. */
export class FileHolder {
  readonly #held = new Map<OpenFile, OpenFile>();
  readonly #lose: Lose;

  constructor(lose: Lose) {
    this.#lose = lose;
  }

  descriptors(files: readonly FileDescriptor[], path: string): FileDescriptor[] {
    return files.map(({ fd, isCloseOnExec, file }) => {
      const held = this.#held.get(file) ?? this.#hold(file, `${path}.fd[${String(fd)}]`);
      this.#held.set(file, held);
      return { fd, isCloseOnExec, file: held };
    });
  }

  #hold(file: OpenFile, path: string): OpenFile {
    const { name, f_mode, f_flags, f_pos, f_version, kernel } = file;
    const type = fileTypeOf(FD_TYPES[file.type] ?? FD_TYPES.other);
    if (type !== file.type) this.#lose(`${path}.type`, `that ${name} is a ${file.type}`, 'has no type for it');
    const heldMode = f_mode & MODE_BITS;
    if (heldMode !== f_mode) this.#lose(`${path}.f_mode`, 'the upper half of f_mode', 'has 16 bits for it');
    if (kernel) {
      const bytes = bytesOfItems([...kernel.before, ...kernel.after]) + bytesOfFields(kernel.fields);
      this.#lose(`${path}.kernel`, `the state of ${name}`, 'has no place for it', bytes);
    }
    return { type, name, f_mode: heldMode, f_flags, f_pos, f_version };
  }
}
