/** Native long of the machine that `uname` names; undefined where it names none that we know. Source: spec/cr-stream.md 9.2. */
export function wordBytesOfMachine(machine: string): 4 | 8 | undefined {
  if (machine === 'x86_64') return 8;
  return /^i[3-6]86$/.test(machine) ? 4 : undefined;
}

/** A machine of that word size, as readers look for it. */
export function machineOf(wordBytes: 4 | 8): string {
  return wordBytes === 8 ? 'x86_64' : 'i686';
}
