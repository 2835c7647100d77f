import * as fs from 'node:fs';
import type { ImageHeader, KernelVersion } from '../format/model/image.js';

/** Bytes of an FXSAVE area; /proc does not give the FPU state, so no more is ever needed. */
const FXSAVE_BYTES = 512;
const U16_MAX = 0xffff;
const MACHINE = 'x86_64';

/** The three numbers at the start of /proc/sys/kernel/osrelease, each clipped to 16 bits. */
export function parseKernelVersion(release: string): KernelVersion {
  const [, major, minor, patch] = /^(\d+)(?:\.(\d+))?(?:\.(\d+))?/.exec(release) ?? [];
  const clip = (digits: string | undefined): number => Math.min(Number(digits ?? 0), U16_MAX);
  return { major: clip(major), minor: clip(minor), patch: clip(patch) };
}

/** What /proc/cpuinfo says of saving FPU state. */
export function parseCpuinfo(cpuinfo: string): ImageHeader['cpu'] {
  const flags = /^flags\s*:(.*)$/m.exec(cpuinfo)?.[1]?.trim().split(/\s+/) ?? [];
  return { hasFxsr: flags.includes('fxsr'), hasXsave: flags.includes('xsave'), xstateBytes: FXSAVE_BYTES };
}

function kernelLine(name: string): string {
  return fs.readFileSync(`/proc/sys/kernel/${name}`, 'latin1').trimEnd();
}

/** The header of an image taken now on this machine. */
export function readHeader(): ImageHeader {
  const release = kernelLine('osrelease');
  return {
    kernel: parseKernelVersion(release),
    uname: { release, version: kernelLine('version'), machine: MACHINE },
    timeSeconds: BigInt(Math.floor(Date.now() / 1000)),
    cpu: parseCpuinfo(fs.readFileSync('/proc/cpuinfo', 'latin1')),
  };
}
