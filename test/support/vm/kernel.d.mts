/** The packages of the kernels with soft-dirty bits, by version. */
export const KERNELS: Readonly<Record<string, string>>;

/** The folder of a kernel. @throws Error when it cannot be fetched */
export function prepareKernel(version: string): string;
