import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

/** `[vaddr, SHA-256 of the page]` */
export type HashedPage = readonly [vaddr: number, sha256: string];

/** A mapping as readpages.py finds it in /proc. */
export interface TrueVma {
  readonly start: number;
  readonly end: number;
  readonly perms: string;
  readonly name: string;
  readonly isAnonymous: boolean;
  readonly pages: readonly HashedPage[];
}

/** A VMA as strict_cr.py finds it in an image. */
export interface ImageVma {
  readonly start: number;
  readonly end: number;
  readonly type: number;
  readonly flags: number;
  readonly pgoff: number;
  readonly name: string | null;
  readonly pages: readonly HashedPage[];
}

export interface ImageFd {
  readonly fd: number;
  readonly closeOnExec: number;
  readonly objref: number;
  readonly type: number;
  readonly flags: number;
  readonly pos: number;
  readonly name: string;
}

export interface ImageTask {
  readonly pid: number;
  readonly tgid: number;
  readonly ppid: number;
  readonly comm: string;
  readonly mm: Readonly<Record<string, number>>;
  readonly vmas: readonly ImageVma[];
  readonly fds: readonly ImageFd[];
  readonly nldt: number;
  readonly cpu: Readonly<Record<string, string | number>>;
}

const OUTPUT_LIMIT_BYTES = 1 << 28;
const ZERO_PAGE = createHash('sha256').update(Buffer.alloc(4096)).digest('hex');

async function runPython(script: string, args: readonly string[]): Promise<string> {
  const file = fileURLToPath(new URL(script, import.meta.url));
  const { stdout } = await promisify(execFile)('python3', [file, ...args], { maxBuffer: OUTPUT_LIMIT_BYTES });
  return stdout;
}

/** The mappings of a stopped process and every page that an image of it must hold. */
export async function readTruth(pid: number): Promise<readonly TrueVma[]> {
  // the script beside this file prints exactly this
  const said = JSON.parse(await runPython('readpages.py', [String(pid)])) as { readonly vmas: readonly TrueVma[] };
  return said.vmas;
}

/** An image as the second, strict reader sees it; throws what that finds wrong. */
export async function readStrictly(image: string, ...options: readonly string[]): Promise<readonly ImageTask[]> {
  // the script beside this file prints exactly this
  const said = JSON.parse(await runPython('strict_cr.py', [...options, image])) as {
    readonly tasks: readonly ImageTask[];
  };
  return said.tasks;
}

/** Absent anonymous memory reads as zero, so a zero page of it may be in the image or not. */
function mayBeMissing(vma: TrueVma, sha256: string): boolean {
  return vma.isAnonymous && sha256 === ZERO_PAGE;
}

/** Of a VMA in an image, what a process can be asked for. */
type MappedVma = Pick<ImageVma, 'start' | 'end' | 'name' | 'pages'>;

function comparePages(vma: TrueVma, image: MappedVma): string[] {
  const found = new Map(image.pages);
  const faults: string[] = [];
  const fault = (vaddr: number, what: string): number =>
    faults.push(`page 0x${vaddr.toString(16)} of ${vma.perms} ${vma.name || 'anonymous'} ${what}`);
  for (const [vaddr, sha256] of vma.pages) {
    const inImage = found.get(vaddr);
    found.delete(vaddr);
    if (inImage === undefined && !mayBeMissing(vma, sha256)) fault(vaddr, 'is missing');
    if (inImage !== undefined && inImage !== sha256) fault(vaddr, 'differs');
  }
  for (const [vaddr] of found) if (vma.name !== '[vdso]') fault(vaddr, 'should not be there');
  return faults;
}

function compareVma(vma: TrueVma, image: MappedVma | undefined): string[] {
  const range = `${vma.start.toString(16)}-${vma.end.toString(16)}`;
  if (image === undefined) return [`${range} ${vma.name} is missing`];
  const faults = comparePages(vma, image);
  if (image.end !== vma.end) faults.push(`${range} ends at ${image.end.toString(16)}`);
  const withoutNote = (name: string): string => name.replace(/ \(deleted\)$/, '');
  const expected = vma.isAnonymous ? '' : withoutNote(vma.name);
  if (vma.perms.endsWith('p') && withoutNote(image.name ?? '') !== expected)
    faults.push(`${range} is called ${JSON.stringify(image.name)}, not ${JSON.stringify(vma.name)}`);
  return faults;
}

/** What is wrong with an image of the process whose truth was read at the same moment; empty when nothing is. */
export function faultsOf(image: { readonly vmas: readonly MappedVma[] }, truth: readonly TrueVma[]): string[] {
  const byStart = new Map(image.vmas.map((vma) => [vma.start, vma]));
  const faults = truth.flatMap((vma) => compareVma(vma, byStart.get(vma.start)));
  const starts = new Set(truth.map((vma) => vma.start));
  const invented = image.vmas.filter((vma) => typeof vma.start === 'number' && !starts.has(vma.start));
  return [...faults, ...invented.map((vma) => `${vma.start.toString(16)} is no mapping of the process`)];
}

function contentsOf(truth: readonly TrueVma[]): ReadonlyMap<number, string> {
  const pages = truth.flatMap((vma) => vma.pages.filter(([, sha256]) => !mayBeMissing(vma, sha256)));
  return new Map(pages);
}

/** Addresses of the pages whose contents differ between two truths of one process, ascending. */
export function changedPages(before: readonly TrueVma[], after: readonly TrueVma[]): number[] {
  const [old, now] = [contentsOf(before), contentsOf(after)];
  const all = [...new Set([...old.keys(), ...now.keys()])].sort((a, b) => a - b);
  return all.filter((vaddr) => old.get(vaddr) !== now.get(vaddr));
}
