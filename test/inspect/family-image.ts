import { MemorySource } from '../../src/format/bytes/memory.js';
import type { AddressSpace, FileDescriptor, Image, OpenFile, Task, Vma } from '../../src/format/model/image.js';
import type { KernelItem, KernelRecord, KernelState } from '../../src/format/model/kernel-state.js';
import { PAGE_BYTES, vaddrOf } from '../../src/format/model/page.js';
import { NO_PAGES, PageRunsBuilder, type PageRuns } from '../../src/format/model/page-runs.js';
import type { SharedMemory } from '../../src/format/model/shared-memory.js';
import { READ_WRITE, openFile, page, sampleImage, thread } from './sample-image.js';

/** Pages one after the other in the contents. */
export function runOf(vpn: number, nrPages: number, offset: number): PageRuns {
  const builder = new PageRunsBuilder();
  builder.add(vpn, nrPages, offset);
  return builder.take();
}

export function record(name: string, changes: Partial<KernelRecord> = {}): KernelRecord {
  return { kind: 'record', name, fields: {}, elements: [], payload: new Uint8Array(0), ...changes };
}

function vma(startVpn: number, nrPages: number, changes: Partial<Vma>): Vma {
  return {
    vm_start: vaddrOf(startVpn),
    vm_end: vaddrOf(startVpn + nrPages),
    vm_page_prot: 0x25n,
    vm_flags: READ_WRITE,
    vm_pgoff: 0n,
    kind: 'anon',
    name: undefined,
    pages: NO_PAGES,
    ...changes,
  };
}

/** Pages of the contents: 0 to 2 are those of the shared memory, 3 is private, 4 is the SysV segment's. */
export const FILLS = [1, 2, 3, 4, 5];

export interface FamilyOptions {
  readonly fills?: readonly number[];
  /** Added to every object number. */
  readonly shiftIds?: number;
  readonly kernel?: KernelState;
  readonly program?: Partial<AddressSpace>;
  /** Added to every pid. */
  readonly shiftPids?: number;
  readonly changeTasks?: (tasks: readonly Task[]) => readonly Task[];
}

export function kernelState(pending: readonly KernelItem[], nestedPids: readonly number[] = [5]): KernelState {
  return { nestedPids, sections: { creds: [{ kind: 'object', object: 'CRED', id: 3 }, record('CRED')], pending } };
}

/**
 * 10 "init" and its children 11 "worker", which shares memory and files with it, 12 "other", which shares three pages, and
 * 13, a zombie; 14 "leaf" is a child of 12. A SysV segment is in no mapping.
 */
export function familyImage(options: FamilyOptions = {}): Image {
  const { fills = FILLS, shiftIds = 0, shiftPids = 0 } = options;
  const shared: SharedMemory = { id: 21 + shiftIds, sizeBytes: 0x4000n, pages: runOf(0, 3, 0) };
  const segment: SharedMemory = { id: 22 + shiftIds, sizeBytes: 0x1000n, pages: runOf(0, 1, 4 * PAGE_BYTES) };
  const exe: OpenFile = { ...openFile(0, '/bin/init').file, id: 30 + shiftIds };
  const [sample] = sampleImage().tasks;
  const base = sample?.mm;
  if (!base) throw new Error('the sample has no memory');
  const whole = { kind: 'shared-anon' as const, name: '/dev/zero (deleted)', shared };
  const mm: AddressSpace = {
    ...base,
    id: 9 + shiftIds,
    exe,
    auxv: [3n, 0x400040n, 6n, 4096n, 1000n, 7n, 0n, 0n],
    vdso: 0x7fff_0000n,
    def_flags: 0n,
    flags: 0xcdn,
    vmas: [
      vma(0x700, 4, { ...whole, pages: runOf(0x700, 3, 0) }),
      vma(0x800, 1, { pages: runOf(0x800, 1, 3 * PAGE_BYTES) }),
    ],
    ...options.program,
  };
  // its second and third page
  const part = vma(0x900, 2, { ...whole, vm_pgoff: 1n, pages: runOf(0x900, 2, PAGE_BYTES) });
  const files: FileDescriptor[] = [openFile(0, '/dev/null'), openFile(1, 'pipe:[7]', { type: 'pipe' })];
  const state = options.kernel ?? kernelState([]);
  const kernel: KernelState = {
    ...state,
    sections: { ...state.sections, ns: [record('IPC_SHM'), { kind: 'memory', memory: segment }] },
  };
  const task = (pid: number, ppid: number, comm: string, changes: Partial<Task>): Task => ({
    ...sample,
    pid: pid + shiftPids,
    tgid: pid + shiftPids,
    ppid: ppid === 1 ? 1 : ppid + shiftPids,
    pgid: 10 + shiftPids,
    sid: 10 + shiftPids,
    mm,
    files: [],
    threads: [thread({ tid: pid + shiftPids, comm })],
    ...changes,
  });
  const tasks = [
    task(10, 1, 'init', { files, threads: [thread({ tid: 10 + shiftPids, comm: 'init', kernel })] }),
    task(11, 10, 'worker', { files }),
    task(12, 10, 'other', { mm: { ...base, vmas: [part] } }),
    task(13, 10, 'gone', { mm: undefined, exitState: 16, exitCode: 256 }),
    task(14, 12, 'leaf', { mm: { ...base, vmas: [] } }),
  ];
  const contents = new MemorySource(Buffer.concat(fills.map((fill) => page(fill))), 'family contents');
  const [first, ...others] = options.changeTasks?.(tasks) ?? tasks;
  if (!first) throw new Error('a family has a first task');
  return { ...sampleImage(), name: 'family.img', contents, tasks: [first, ...others] };
}
