import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { MemorySource } from '../../../src/format/bytes/memory.js';
import { readImage } from '../../../src/format/registry.js';
import { digestImage, type ImageDigest } from '../../../src/inspect/digest/digest.js';
import { goldenBytes, goldenNames } from '../../support/golden.js';
import { naiveId, naiveImagePages } from '../../support/naive-digest.js';

/** Ids that were given out: another one for the same image is another definition, and needs another name. */
const IDS: Readonly<Record<string, string>> = {
  'D2-v11-x86_32': 'cdcbbc3cf51efce274f9453aa3e81e936e3cea422323c060a79b283f808945b5',
  'D2-v11-x86_64': '6d661e8bc84e5dbab93f20316bd5bd4d962e9f5a437d25c1a143fdf64a7c3cfd',
  'F3-single-x86_32': '7874c1c20fb16f049484fb8723c1ccd6b45a993f06d4d67354c9cf264b8806f1',
  'H3-tree-x86_64': '58556557eed76c86640ee59ba72f0594cdc0c4c57abefe214bb40900187eb6fd',
  'J3-single-x86_64': '648d66cec24f58a8b0fb8e899848e04b2f7ebe938ef075a414867db67ebf1f99',
  'tiny-v11': '6d19ddcde51e5345cef72d318cee9c457617039f5572437bdfbc26217d8c309b',
};

/** The structure of tiny-v11 written by hand, from what fixtures/golden/tiny-v11.json says. */
const TINY = {
  header: [
    'd7:hasFxsri1e6:kernelli2ei6ei28ee7:machine6:x86_647:release10:2.6.28-rc76:uflagsi1e',
    '7:version34:#1 SMP Fri Dec 5 17:00:00 UTC 20089:wordBytesi8e11:xstateBytesi512ee',
  ],
  task: [
    'd10:exitSignali17e6:memoryli0ee3:pidi1234e4:ppidi1e4:tgidi1234e7:threadsl',
    'd4:comm4:tiny9:registersd2:csi51e2:cxi4195344e5:flagsi582e2:ipi4195328e7:orig_axi18446744073709551615e',
    '3:r11i582e2:spi140733498807920e2:ssi43ee3:tidi1234eeee',
  ],
  space: [
    'd7:arg_endi140733498810376e9:arg_starti140733498810368e3:brki6295552e8:end_codei4197052e8:end_datai6294784e',
    '7:env_endi140733498814440e9:env_starti140733498810376e9:start_brki6295552e10:start_codei4194304e',
    '10:start_datai6294204e11:start_stacki140733498807920e4:vmasl',
    'd4:kind4:file4:name9:/bin/tiny6:vm_endi4198400e8:vm_flagsi134223989e12:vm_page_proti37e8:vm_starti4194304ee',
    'd4:kind4:heap6:vm_endi6430720e8:vm_flagsi1048691e12:vm_page_proti9223372036854775845e8:vm_pgoffi1537e',
    '8:vm_starti6295552eeee',
  ],
} as const;

function sha256(...parts: readonly (string | Uint8Array)[]): Buffer {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
}

async function digestOfGolden(name: string): Promise<ImageDigest> {
  return digestImage(await readImage(new MemorySource(goldenBytes(name))));
}

describe('golden images', () => {
  test('all have an id here', () => {
    expect([...goldenNames('cr'), ...goldenNames('ckpt')].sort()).toEqual(Object.keys(IDS).sort());
  });

  test.each(Object.entries(IDS))('%s has its id', async (name, id) => {
    const image = await readImage(new MemorySource(goldenBytes(name)));
    const digest = await digestImage(image);
    expect(digest.id).toBe(id);
    const hidden = digest.hidden.map((part) => part.digest);
    expect(naiveId(digest.structure, await naiveImagePages(image, hidden))).toBe(id);
  });

  test('of the tiny image the structure is that which is written down', async () => {
    const { structure, header, tasks, spaces } = await digestOfGolden('tiny-v11');
    const [head, task, space] = [sha256(...TINY.header), sha256(...TINY.task), sha256(...TINY.space)];
    expect([header, tasks[0]?.structure, spaces[0]?.structure]).toEqual(
      [head, task, space].map((one) => one.toString('hex')),
    );
    const all = sha256('l13:crit-digest-19:structure32:', head, 'l32:', task, 'el32:', space, 'ee');
    expect(structure).toBe(all.toString('hex'));
  });
});
