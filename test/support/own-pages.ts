import * as path from 'node:path';
import { openFile } from '../../src/format/bytes/file.js';
import type { Image } from '../../src/format/model/image.js';
import { vpnOf } from '../../src/format/model/page.js';
import { readImage } from '../../src/format/registry.js';
import type { Area, Report } from './scenarios-report.js';

/** Pages of an area whose contents the image has itself, not by its parents. */
function ownPagesIn({ tasks }: Image, { start, pages: nrPages }: Area): number {
  const [from, to] = [vpnOf(BigInt(start)), vpnOf(BigInt(start)) + nrPages];
  let own = 0;
  for (const { pages } of tasks[0]?.mm?.vmas ?? [])
    for (let run = 0; run < pages.count; run++) {
      const vpn = pages.vpn[run] ?? 0;
      own += Math.max(0, Math.min(vpn + (pages.nrPages[run] ?? 0), to) - Math.max(vpn, from));
    }
  return own;
}

/** How many pages the increment of a link holds of each area of a scenario. */
export async function ownPagesOf(
  folder: string,
  { links }: Report,
  { number, backend, scenario }: { readonly number: number; readonly backend: string; readonly scenario: string },
): Promise<number[]> {
  const image = await readImage(openFile(path.join(folder, `${number}.${backend}.img`)));
  try {
    const areas = links[number - 1]?.areas.filter((area) => area.scenario === scenario && area.pages > 0) ?? [];
    return areas.map((area) => ownPagesIn(image, area));
  } finally {
    await image.close();
  }
}
