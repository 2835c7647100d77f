import fc from 'fast-check';
import { decodeText } from '../../src/format/bytes/text.js';
import { MemorySource } from '../../src/format/bytes/memory.js';
import type { FileDescriptor, Image, MmAddresses, OpenFile, Task, Thread, Vma } from '../../src/format/model/image.js';
import { MM_ADDRESSES } from '../../src/format/model/image.js';
import { PAGE_BYTES, vaddrOf } from '../../src/format/model/page.js';
import { PageRunsBuilder, type PageRuns } from '../../src/format/model/page-runs.js';
import { REGISTER_NAMES, type Registers } from '../../src/format/model/registers.js';
import { VM_FLAGS, pageProtection } from '../../src/format/model/vm-flags.js';
import { kindOfVma } from '../../src/format/model/vma-kind.js';

const u64 = fc.bigInt({ min: 0n, max: (1n << 64n) - 1n });
const u32 = fc.nat(0xffff_ffff);
const name = fc
  .uint8Array({ minLength: 1, maxLength: 60 })
  .map((bytes) => bytes.map((byte) => byte || 0x2f))
  .map((bytes) => decodeText(bytes));

/** Pages of the arbitrary images come out of one pool of contents. */
const POOL_PAGES = 64;
export const pool = new Uint8Array(POOL_PAGES * PAGE_BYTES);
for (let i = 0; i < pool.length; i++) pool[i] = i < PAGE_BYTES ? 0 : (i * 2654435761) >>> 13;

/** Runs inside [startVpn, startVpn + pages): gaps and lengths in turn; contents anywhere in the pool. */
function runsOf(startVpn: number, pages: number, steps: readonly (readonly [number, number, number])[]): PageRuns {
  const builder = new PageRunsBuilder();
  let vpn = startVpn;
  for (const [gap, length, place] of steps) {
    vpn += gap;
    const left = startVpn + pages - vpn;
    const count = Math.min(length, left, POOL_PAGES - place);
    if (count <= 0) break;
    builder.add(vpn, count, place * PAGE_BYTES);
    vpn += count;
  }
  return builder.take();
}

const steps = fc.array(fc.tuple(fc.nat(3), fc.integer({ min: 1, max: 40 }), fc.nat(POOL_PAGES - 1)), { maxLength: 6 });

interface VmaSeed {
  readonly gap: number;
  readonly pages: number;
  readonly flags: bigint;
  readonly name: string | undefined;
  readonly pgoff: bigint;
  readonly steps: readonly (readonly [number, number, number])[];
}

const vmaSeed: fc.Arbitrary<VmaSeed> = fc.record({
  gap: fc.nat(1000),
  pages: fc.integer({ min: 1, max: 300 }),
  flags: fc.subarray(Object.values(VM_FLAGS)).map((bits) => bits.reduce((all, bit) => all | bit, 0n)),
  name: fc.option(name, { nil: undefined }),
  pgoff: u64,
  steps,
});

function placeVmas(seeds: readonly VmaSeed[], baseVpn: number, mm: MmAddresses): Vma[] {
  let vpn = baseVpn;
  return seeds.map((seed) => {
    const start = vpn + seed.gap;
    vpn = start + seed.pages;
    const facts = { vm_start: vaddrOf(start), vm_end: vaddrOf(vpn), vm_flags: seed.flags, name: seed.name };
    return {
      ...facts,
      vm_page_prot: pageProtection(seed.flags),
      vm_pgoff: seed.pgoff,
      kind: kindOfVma(facts, mm),
      pages: runsOf(start, seed.pages, seed.steps),
    };
  });
}

const addresses = fc
  .tuple(...MM_ADDRESSES.map(() => u64))
  .map((values) => Object.fromEntries(MM_ADDRESSES.map((key, i) => [key, values[i] ?? 0n])) as MmAddresses);

/** Full sets as a kernel writes them, or what /proc tells, or nothing. */
function registers(wordBytes: 4 | 8): fc.Arbitrary<Registers> {
  const stored = REGISTER_NAMES.filter((key) =>
    wordBytes === 8 ? key !== 'fs' && key !== 'gs' : !key.endsWith('_base'),
  );
  const full = fc
    .tuple(...stored.map(() => u64))
    .map((values) => ({ ...Object.fromEntries(stored.map((key, i) => [key, values[i] ?? 0n])), cs: 0x33n }));
  const user = fc
    .record({ sp: u64, ip: u64 })
    .map((known) => ({ ...known, sp: known.sp | 1n, orig_ax: (1n << 64n) - 1n }));
  const syscall = fc
    .record({ di: u64, si: u64, dx: u64, r10: u64, r8: u64, r9: u64, sp: u64, ip: u64 })
    .map((known) => ({ ...known, sp: known.sp | 1n, orig_ax: 35n }));
  return fc.oneof(full, user, syscall, fc.constant({}));
}

function thread(wordBytes: 4 | 8, xstateBytes: number): fc.Arbitrary<Omit<Thread, 'tid'>> {
  return fc.record({
    comm: fc.stringMatching(/^[\x20-\x7e]{0,15}$/),
    state: u32,
    registers: registers(wordBytes),
    usesDebug: u32,
    tls: fc.oneof(
      fc.constant(new Uint8Array(0)),
      fc.uint8Array({ minLength: 24, maxLength: 24 }).map((tls) => tls.fill(1, 0, 1)),
    ),
    xstate: fc.oneof(fc.constant(new Uint8Array(0)), fc.uint8Array({ minLength: xstateBytes, maxLength: xstateBytes })),
  });
}

const openFile: fc.Arbitrary<OpenFile> = fc.record({
  type: fc.constantFrom('other', 'regular', 'directory', 'symlink'),
  name,
  f_mode: fc.nat(0xffff),
  f_flags: u32,
  f_pos: u64,
  f_version: u64,
});

/** Some descriptors share an open file. */
const files: fc.Arbitrary<FileDescriptor[]> = fc
  .tuple(
    fc.array(openFile, { minLength: 1, maxLength: 3 }),
    fc.array(fc.tuple(fc.nat(), fc.boolean()), { maxLength: 5 }),
  )
  .map(([opened, fds]) =>
    fds.map(([pick, isCloseOnExec], fd) => ({ fd, isCloseOnExec, file: opened[pick % opened.length] as OpenFile })),
  );

interface TaskOptions {
  readonly wordBytes: 4 | 8;
  readonly xstateBytes: number;
  readonly maxVmas: number;
}

function task({ wordBytes, xstateBytes, maxVmas }: TaskOptions): fc.Arbitrary<Task> {
  const baseVpn = wordBytes === 8 ? 0x7_0000_0000 : 0x100;
  const facts = fc.record({
    pid: fc.nat(0x3f_ffff),
    ppid: fc.nat(0x3f_ffff),
    exitState: u32,
    exitCode: u32,
    exitSignal: u32,
    addresses,
    vmas: fc.array(vmaSeed, { minLength: 1, maxLength: maxVmas }),
    ldt: fc.nat(4).chain((n) => fc.uint8Array({ minLength: n * 8, maxLength: n * 8 })),
    files,
    first: thread(wordBytes, xstateBytes),
    others: fc.array(thread(wordBytes, xstateBytes), { maxLength: 3 }),
  });
  return facts.map(({ pid, addresses: mm, vmas, ldt, first, others, ...rest }) => ({
    pid,
    tgid: pid,
    ppid: rest.ppid,
    pgid: undefined,
    sid: undefined,
    exitState: rest.exitState,
    exitCode: rest.exitCode,
    exitSignal: rest.exitSignal,
    mm: { ...mm, vmas: placeVmas(vmas, baseVpn, mm), ldt },
    files: rest.files,
    threads: [{ tid: pid, ...first }, ...others.map((other, i) => ({ tid: pid + i + 1, ...other }))],
  }));
}

const uts = fc.stringMatching(/^[\x20-\x7e]{0,64}$/);

/** An image that v9 to v13 can hold whole. */
export function anyImage(maxVmas = 8): fc.Arbitrary<Image> {
  return fc
    .record({ wordBytes: fc.constantFrom(4 as const, 8 as const), xstateBytes: fc.constantFrom(512, 832) })
    .chain(({ wordBytes, xstateBytes }) =>
      fc.record({
        name: fc.constant('arbitrary'),
        format: fc.constant({ family: 'cr' as const, revision: 'v11', covers: 'v10-v13', wordBytes, decidedBy: [] }),
        header: fc.record({
          kernel: fc.record({ major: fc.nat(0xffff), minor: fc.nat(0xffff), patch: fc.nat(0xffff) }),
          uname: fc.record({ release: uts, version: uts, machine: fc.constant(wordBytes === 8 ? 'x86_64' : 'i686') }),
          timeSeconds: u64,
          cpu: fc.record({ hasFxsr: fc.boolean(), hasXsave: fc.boolean(), xstateBytes: fc.constant(xstateBytes) }),
        }),
        tasks: fc.array(task({ wordBytes, xstateBytes, maxVmas }), { minLength: 1, maxLength: 3 }),
        contents: fc.constant(new MemorySource(pool, 'pool')),
        notes: fc.constant([]),
        close: fc.constant(() => Promise.resolve()),
      }),
    );
}
