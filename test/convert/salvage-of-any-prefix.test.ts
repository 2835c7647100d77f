import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { salvageImage } from '../../src/convert/salvage.js';
import { MemorySink, MemorySource } from '../../src/format/bytes/memory.js';
import { WRITABLE as WRITABLE_CKPT } from '../../src/format/ckpt/tables/revision.js';
import { WRITABLE as WRITABLE_CR } from '../../src/format/cr/tables/revision.js';
import { FormatError } from '../../src/format/errors.js';
import type { Image } from '../../src/format/model/image.js';
import { PAGE_BYTES } from '../../src/format/model/page.js';
import { readImage, writerFor } from '../../src/format/registry.js';
import { anyCkptImage } from '../support/arbitrary-ckpt-image.js';
import { anyImage } from '../support/arbitrary-image.js';
import { runs } from '../support/seed.js';

const CR = [...new Set(Object.values(WRITABLE_CR))].map((one) => [one.name, one, anyImage(3)] as const);
const CKPT = [...new Set(Object.values(WRITABLE_CKPT))].map((one) => [one.name, one, anyCkptImage(one)] as const);

/** Every page of every process, by pid and page number. */
async function pagesOf(image: Image): Promise<Map<string, string>> {
  const pages = new Map<string, string>();
  const page = new Uint8Array(PAGE_BYTES);
  for (const { pid, mm } of image.tasks)
    for (const { pages: held } of mm?.vmas ?? [])
      for (let run = 0; run < held.count; run++)
        for (let i = 0; i < (held.nrPages[run] ?? 0); i++) {
          await image.contents.read((held.offset[run] ?? 0) + i * PAGE_BYTES, page);
          pages.set(`${String(pid)} ${String((held.vpn[run] ?? 0) + i)}`, Buffer.from(page).toString('base64'));
        }
  return pages;
}

describe.each([...CR, ...CKPT])('%s', (_, revision, images) => {
  const revisions = {
    cr: CR.flatMap(([, one]) => (one === revision ? [one] : [])),
    ckpt: CKPT.flatMap(([, one]) => (one === revision ? [one] : [])),
  };
  const read = (bytes: Uint8Array, options = {}): Promise<Image> =>
    readImage(new MemorySource(bytes), { ...options, revisions });

  test('cut short anywhere, it is refused or becomes a whole image of true pages', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.noShrink(images).filter(({ tasks }) => new Set(tasks.map(({ pid }) => pid)).size === tasks.length),
        fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 6, maxLength: 6 }),
        async (image, cuts) => {
          const sink = new MemorySink();
          await writerFor(revision).write(image, sink);
          const bytes = sink.bytes();
          const truth = await pagesOf(await read(bytes));
          for (const cut of cuts) {
            const saved = new MemorySink();
            const prefix = bytes.subarray(0, Math.floor(cut * bytes.length));
            try {
              await salvageImage((options) => read(prefix, options), saved, { to: writerFor(revision) });
            } catch (error) {
              if (!(error instanceof FormatError)) throw error;
              // only where no task can be found there is nothing to save
              const found = await read(prefix, { onFault: () => undefined }).catch(() => undefined);
              expect(found?.tasks ?? [], error.location).toEqual([]);
              continue;
            }
            for (const [place, contents] of await pagesOf(await read(saved.bytes())))
              expect(contents, place).toBe(truth.get(place));
          }
        },
      ),
      runs(8),
    );
  });
});
