/** Types of the auxiliary vector. Source: include/uapi/linux/auxvec.h, arch/x86/include/uapi/asm/auxvec.h. */
export const AUXV_TYPES = {
  AT_NULL: 0,
  AT_IGNORE: 1,
  AT_EXECFD: 2,
  AT_PHDR: 3,
  AT_PHENT: 4,
  AT_PHNUM: 5,
  AT_PAGESZ: 6,
  AT_BASE: 7,
  AT_FLAGS: 8,
  AT_ENTRY: 9,
  AT_NOTELF: 10,
  AT_UID: 11,
  AT_EUID: 12,
  AT_GID: 13,
  AT_EGID: 14,
  AT_PLATFORM: 15,
  AT_HWCAP: 16,
  AT_CLKTCK: 17,
  AT_SECURE: 23,
  AT_BASE_PLATFORM: 24,
  AT_RANDOM: 25,
  AT_HWCAP2: 26,
  AT_RSEQ_FEATURE_SIZE: 27,
  AT_RSEQ_ALIGN: 28,
  AT_EXECFN: 31,
  AT_SYSINFO: 32,
  AT_SYSINFO_EHDR: 33,
  AT_MINSIGSTKSZ: 51,
} as const;

const NAMES: ReadonlyMap<bigint, string> = new Map(
  Object.entries(AUXV_TYPES).map(([name, type]) => [BigInt(type), name]),
);

/** One entry of an auxiliary vector. */
export interface AuxvEntry {
  /** `AT_PHDR`; a number for a type without a name. */
  readonly type: string;
  readonly value: bigint;
}

/** The entries of an auxiliary vector (pairs of type and value) before its end. */
export function auxvEntries(auxv: readonly bigint[]): AuxvEntry[] {
  const entries: AuxvEntry[] = [];
  for (let i = 0; i + 1 < auxv.length; i += 2) {
    const [type = 0n, value = 0n] = [auxv[i], auxv[i + 1]];
    if (type === BigInt(AUXV_TYPES.AT_NULL)) break;
    entries.push({ type: NAMES.get(type) ?? String(type), value });
  }
  return entries;
}
