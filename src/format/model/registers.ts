/** x86 user registers by the kernel's names; `fs_base` and `gs_base` are addresses, `fs` and `gs` selectors. */
export const REGISTER_NAMES = [
  'r15',
  'r14',
  'r13',
  'r12',
  'bp',
  'bx',
  'r11',
  'r10',
  'r9',
  'r8',
  'ax',
  'cx',
  'dx',
  'si',
  'di',
  'orig_ax',
  'ip',
  'cs',
  'flags',
  'sp',
  'ss',
  'ds',
  'es',
  'fs',
  'gs',
  'fs_base',
  'gs_base',
  'debugreg0',
  'debugreg1',
  'debugreg2',
  'debugreg3',
  'debugreg4',
  'debugreg5',
  'debugreg6',
  'debugreg7',
] as const;

export type RegisterName = (typeof REGISTER_NAMES)[number];

/** The registers that are known; /proc alone gives only a few of them. */
export type Registers = Readonly<Partial<Record<RegisterName, bigint>>>;
