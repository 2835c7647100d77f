import { PAGE_BYTES } from '../format/model/page.js';
import { PageRunsBuilder, type PageRuns } from '../format/model/page-runs.js';

/** Pages `[startVpn, endVpn)`. */
export interface VpnRange {
  readonly startVpn: number;
  readonly endVpn: number;
}

/** A part of what is selected: taken from `runs`, or left out without them. */
export interface Layer extends VpnRange {
  readonly runs: PageRuns | undefined;
}

/** First page behind `vpn` at which a layer begins or ends. */
function nextEdge(layers: readonly VpnRange[], vpn: number): number {
  let edge = Infinity;
  for (const { startVpn, endVpn } of layers) {
    if (startVpn > vpn) edge = Math.min(edge, startVpn);
    if (endVpn > vpn) edge = Math.min(edge, endVpn);
  }
  return edge;
}

function addClipped(builder: PageRunsBuilder, runs: PageRuns, { startVpn, endVpn }: VpnRange): void {
  for (let run = 0; run < runs.count; run++) {
    const [vpn, nrPages] = [runs.vpn[run] ?? 0, runs.nrPages[run] ?? 0];
    const first = Math.max(vpn, startVpn);
    const pages = Math.min(vpn + nrPages, endVpn) - first;
    if (pages > 0) builder.add(first, pages, (runs.offset[run] ?? 0) + (first - vpn) * PAGE_BYTES);
  }
}

/** The pages of layers that lie on one another: of each page the last that has it decides. */
export function layeredRuns(layers: readonly Layer[]): PageRuns {
  const builder = new PageRunsBuilder();
  for (let vpn = nextEdge(layers, -1); vpn < Infinity;) {
    const endVpn = nextEdge(layers, vpn);
    const at = vpn;
    const top = layers.findLast((layer) => layer.startVpn <= at && at < layer.endVpn);
    if (top?.runs) addClipped(builder, top.runs, { startVpn: vpn, endVpn });
    vpn = endVpn;
  }
  return builder.take();
}
