import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { HashedPage } from './truth.js';

/** An integer; as decimal text above 2^53. */
export type Integer = number | string;

/** `[vaddr, offset in the image, SHA-256 of the page]`; of a shared object the index of the page comes first. */
export type PlacedPage = readonly [place: Integer, fileOffset: number, sha256: string];

/** A VMA as strict_ckpt.py finds it in an image. */
export interface CkptVma {
  readonly start: Integer;
  readonly end: Integer;
  readonly prot: Integer;
  readonly flags: Integer;
  readonly pgoff: Integer;
  readonly type: number;
  readonly file: string | null;
  readonly shared: number | null;
  readonly fileBytes: Integer;
  readonly pages: readonly PlacedPage[];
}

export interface CkptMm {
  readonly exe: string | null;
  readonly vdso: Integer;
  readonly vmas: readonly CkptVma[];
}

export interface CkptTask {
  readonly pid: number;
  readonly tgid: number;
  readonly ppid: number;
  readonly pgid: number;
  readonly sid: number;
  readonly comm: string;
  readonly zombie: boolean;
  readonly files: readonly {
    readonly fd: number;
    readonly objref: number;
    readonly closeOnExec: number;
    readonly name: string | null;
    readonly f_type: number;
  }[];
  /** Index into `mms`; null for a zombie. */
  readonly mm: number | null;
}

export interface CkptImage {
  readonly head: { readonly group: string; readonly revisions: string; readonly word: 4 | 8 };
  readonly tasks: readonly CkptTask[];
  readonly mms: readonly CkptMm[];
  readonly shared: readonly { readonly objref: number; readonly pages: readonly PlacedPage[] }[];
}

export interface Refusal {
  readonly refused: string;
  readonly offset: number;
}

const SCRIPT = fileURLToPath(new URL('strict_ckpt.py', import.meta.url));
const OUTPUT_LIMIT_BYTES = 1 << 28;

/**
 * What the second, strict reader says of images, in the order of their paths; all in one process, which is what takes
 * the time.
 *
 * @throws {Error} if the reader itself fails
 */
export async function judgeCkpt(paths: readonly string[]): Promise<readonly (CkptImage | Refusal)[]> {
  return new Promise((resolve, reject) => {
    execFile('python3', [SCRIPT, ...paths], { maxBuffer: OUTPUT_LIMIT_BYTES }, (error, stdout, stderr) => {
      // exit code 1 and a list: at least one image was refused
      if (stdout === '') reject(error ?? new Error(stderr));
      // the script beside this file prints exactly this
      else resolve(JSON.parse(stdout) as (CkptImage | Refusal)[]);
    });
  });
}

/** Images as the second, strict reader sees them; throws what that finds wrong. */
export async function readCkptStrictly(paths: readonly string[]): Promise<readonly CkptImage[]> {
  const judged = await judgeCkpt(paths);
  return judged.map((image, i) => {
    if (!('refused' in image)) return image;
    throw new Error(`${paths[i] ?? ''}: ${image.refused}, at offset 0x${image.offset.toString(16)}`);
  });
}

/** The pages of a mapping without where they lie in the image. */
export function hashedPages(vma: CkptVma): HashedPage[] {
  return vma.pages.map(([vaddr, , sha256]) => [Number(vaddr), sha256]);
}
