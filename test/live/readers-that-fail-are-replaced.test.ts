import { expect, test } from 'vitest';
import { ContentsLayout } from '../../src/capture/contents.js';
import { HeldMemory } from '../../src/capture/held-memory.js';
import { planHolding } from '../../src/capture/held-plan.js';
import { ProcessMemory } from '../../src/capture/memory.js';
import { ReaderTeam, unitStates } from '../../src/capture/reader-team.js';
import { findTarget } from '../../src/capture/target.js';
import { PAGE_BYTES } from '../../src/format/model/page.js';
import { PageRunsBuilder } from '../../src/format/model/page-runs.js';
import { stopProcess } from '../support/procfs.js';
import { startShapes } from '../support/target.js';

const ROOM_BYTES = 80 * 1024 * 1024;

test.each([
  ['work', new URL('../../dist/capture/reader-main.js', import.meta.url)],
  ['do not start', new URL('file:///nonexistent/reader.js')],
  ['hang with a part of the work', new URL('./reader-that-hangs.mjs', import.meta.url)],
])('contents are held whole by readers that %s', async (_name, program) => {
  const target = await startShapes({ ballastMiB: 64 });
  await stopProcess(target.pid);
  const memory = new ProcessMemory(findTarget(target.pid));
  const { start, length } = target.region('ballast');
  const builder = new PageRunsBuilder();
  builder.add(start / PAGE_BYTES, length / PAGE_BYTES, start);
  const team = new ReaderTeam(ROOM_BYTES, program);
  try {
    await team.ready(undefined);
    const plan = planHolding([builder.take()]);
    const layout = new ContentsLayout();
    layout.place(memory, 0, memory.size);
    const places = layout.places();
    const units = unitStates(plan);
    await team.copy({ plan, units, places, contents: memory, signal: undefined, deadline: undefined });
    const held = new HeldMemory('held', memory.size, plan, team.room.slabs);
    const [theirs, ours] = [new Uint8Array(length), new Uint8Array(length)];
    memory.readSync(start, theirs);
    expect(held.readSync(start, ours)).toBe(length);
    expect(Buffer.compare(ours, theirs)).toBe(0);
  } finally {
    await team.end();
    await memory.close();
  }
});
