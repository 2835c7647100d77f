import type { Options } from 'yargs';
import type { Command } from '../command.js';

export const json: Options = { type: 'boolean', default: false, describe: 'Print JSON' };

export const freeze: Options = {
  type: 'boolean',
  default: true,
  describe: 'Stop a process while it is read; --no-freeze lets it run',
};

/** The same for the command that captures, with a way to stop it. */
export const freezeChoice: Options = {
  type: 'string',
  default: 'auto',
  describe: 'Stop it while it is read: by auto, cgroup, signal, or none, which is --no-freeze',
};

export const type9: Options = {
  choices: ['hugetlb', 'device'],
  describe:
    'What mappings of type 9 in ckpt images are, a number that two proposals took; default as the revision has it',
};

export const index: Options = {
  type: 'boolean',
  default: true,
  describe: 'Put an index behind the image, which kernels do not read; --no-index leaves it out',
};

export const input = (describe: string): Options => ({ alias: 'i', type: 'string', describe });
export const output = (describe: string, demandOption: boolean): Options => ({
  alias: 'o',
  type: 'string',
  demandOption,
  describe,
});

/** Which memory is searched, and how far. */
export const SEARCHED: Command['options'] = {
  pid: { type: 'string', describe: 'Only the memory of this task' },
  vma: { type: 'string', array: true, nargs: 1, describe: 'Only this mapping: address, range, [heap], file, kind' },
  limit: { type: 'string', describe: 'Stop after so many' },
};

export const STRICT = 'Refuse what kernels of that revision refused';

/** The names of the writers, which are not loaded for anything but this. */
export async function revisions(): Promise<string> {
  return `Revisions that can be written: ${(await import('../../format/registry.js')).WRITER_NAMES.join(', ')}.`;
}

export const IMAGE = [['image', 'A file, a URL, - for standard input, or pid:N for a living process']] as const;
