import * as fs from 'node:fs';
import * as path from 'node:path';
import { isMissing, memoryParts } from '../../src/inspect/space-parts.js';
import { type OpenedImage } from '../../src/open/open-image.js';
import { openImage } from '../../src/open/open-any.js';
import { crit } from './cli.js';

const PAGE_BYTES = 4096;

/** Memory under test, as the target found it at the end. */
export interface Area {
  readonly scenario: string;
  readonly start: string;
  readonly pages: number;
  /** What a page is that the image does not hold. */
  readonly absent: 'zero' | 'file';
}

export interface Capture {
  readonly name: string;
  readonly args: readonly string[];
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

interface Link {
  readonly captures: readonly Capture[];
  readonly areas: readonly Area[];
}

/** What scenarios-driver.mjs wrote of one batch. */
export interface Report {
  /** Backends of change tracking that made increments. */
  readonly backends: readonly string[];
  readonly unavailable: readonly { readonly scenario: string; readonly why: string }[];
  readonly base: Capture;
  readonly links: readonly Link[];
}

export function readReport(folder: string): Report {
  // the driver writes exactly this
  return JSON.parse(fs.readFileSync(path.join(folder, 'report.json'), 'utf8')) as Report;
}

function imageOf(folder: string, number: number, name: string): string {
  return path.join(folder, `${number}.${name}.img`);
}

/** The pages that the target recorded of an area, and of the file below it. */
interface TrueArea extends Area {
  readonly bytes: Buffer;
  readonly below: Buffer | undefined;
}

function trueAreas(folder: string, number: number, areas: readonly Area[]): TrueArea[] {
  const record = fs.readFileSync(path.join(folder, `${number}.record`));
  let at = 0;
  const take = (length: number): Buffer => record.subarray(at, (at += length));
  return areas.map((area) => {
    const bytes = take(area.pages * PAGE_BYTES);
    return { ...area, bytes, below: area.absent === 'file' ? take(bytes.length) : undefined };
  });
}

function differingPages(start: bigint, at: bigint, read: Uint8Array, truth: Uint8Array, what: string): string[] {
  const faults: string[] = [];
  for (let i = 0; i < read.length; i += PAGE_BYTES)
    if (Buffer.compare(read.subarray(i, i + PAGE_BYTES), truth.subarray(i, i + PAGE_BYTES)) !== 0)
      faults.push(`page ${(Number(at - start) + i) / PAGE_BYTES} ${what}`);
  return faults;
}

async function faultsOfArea(image: OpenedImage, area: TrueArea): Promise<string[]> {
  const start = BigInt(area.start);
  const faults: string[] = [];
  const truth = (from: bigint, length: number, bytes: Buffer): Buffer =>
    bytes.subarray(Number(from - start), Number(from - start) + length);
  for await (const part of memoryParts(image.space(), { start, end: start + BigInt(area.bytes.length) })) {
    const length = isMissing(part) ? Number(part.end - part.vaddr) : part.bytes.length;
    const expected = truth(part.vaddr, length, area.bytes);
    if (!isMissing(part)) faults.push(...differingPages(start, part.vaddr, part.bytes, expected, 'differs'));
    else if (area.below === undefined) faults.push(part.error.message);
    else {
      const below = truth(part.vaddr, length, area.below);
      faults.push(...differingPages(start, part.vaddr, below, expected, 'is left to the file'));
    }
  }
  return faults;
}

async function faultsOfImage(file: string, areas: readonly TrueArea[]): Promise<string[]> {
  const image = await openImage(file);
  try {
    const faults = [];
    for (const area of areas) faults.push(...(await faultsOfArea(image, area)));
    return faults.map((fault) => `${path.basename(file)}: ${fault}`);
  } finally {
    await image.close();
  }
}

async function faultsOfLink(
  folder: string,
  number: number,
  { captures, areas }: Link,
  scenario: string,
): Promise<string[]> {
  const ours = trueAreas(folder, number, areas).filter((area) => area.scenario === scenario);
  const faults = ours.length > 0 ? [] : [`${scenario} has no memory after change ${number}`];
  for (const { name, status, stderr } of captures)
    if (status !== 0) faults.push(`${number}.${name}.img: capture ended with ${String(status)}: ${stderr}`);
    else faults.push(...(await faultsOfImage(imageOf(folder, number, name), ours)));
  return faults;
}

/** Where any image of any moment shows other memory than the target had; empty when all is well. */
export async function faultsOfScenario(folder: string, report: Report, scenario: string): Promise<string[]> {
  const faults = [];
  for (const [i, link] of report.links.entries()) faults.push(...(await faultsOfLink(folder, i + 1, link, scenario)));
  return faults;
}

/** What `crit digest` finds different between each increment, read through its parents, and the full capture of its moment. */
export async function differencesOfIncrements(folder: string, report: Report): Promise<string[]> {
  const found: string[] = [];
  for (let number = 1; number <= report.links.length; number++)
    for (const backend of report.backends) {
      const images = [imageOf(folder, number, backend), imageOf(folder, number, 'full')];
      const { status, stdout, stderr } = await crit(['digest', ...images]);
      if (status === 0) continue;
      const diff = await crit(['diff', ...images]);
      found.push(`${images.join(' ')}: ${String(status)}\n${stdout.toString()}${stderr}${diff.stdout.toString()}`);
    }
  return found;
}

/** The backends by which the increments of each link were made, as the captures told. */
export function backendsUsed({ links }: Report): (string | undefined)[][] {
  const backendOf = ({ stdout }: Capture): string | undefined => {
    // as `crit capture --json` prints it
    const summary = JSON.parse(stdout) as { readonly tracking?: { readonly backend: string } | null };
    return summary.tracking?.backend;
  };
  return links.map(({ captures }) => captures.filter(({ name }) => name !== 'full').map(backendOf));
}
