import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { MemorySource } from '../../../src/format/bytes/memory.js';
import { readImage } from '../../../src/format/registry.js';
import { digestImage, type ImageDigest } from '../../../src/inspect/digest/digest.js';
import { goldenBytes, goldenNames } from '../../support/golden.js';
import { naiveId, naiveImagePages } from '../../support/naive-digest.js';

/** Ids that were given out: another one for the same image is another definition, and needs another name. */
const IDS: Readonly<Record<string, string>> = {
  'D2-v11-x86_32': '5929b6591de7d1f9a8c06401f1ffe01723e7f5f9bf513d7c866b8a0ee3841113',
  'D2-v11-x86_64': '7a06986e38b73698efc94f6a962873490a6055b02dabc748248a165815968950',
  'F3-single-x86_32': '0f87c539a0dcd47878ec75f9cc92cfc0c9eb4a2a8fb1f283042171f4ab81b40a',
  'H3-tree-x86_64': '557796ba52a2e6ee31187716a14938f3a708e4c4a16122c9dbbd35e225287eca',
  'J3-single-x86_64': 'e3cf9fdcb5b1fd17524d6a7eee37d3abadb16db3125ae628e9d0467e4513d038',
  'tiny-v11': '5aaa0ee403c87c2727ef49cdc2fa48905dbfb12286f39d6cd8b5f5aed86f8926',
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
    const all = sha256('l13:crit-digest-29:structure32:', head, 'l32:', task, 'el32:', space, 'ee');
    expect(structure).toBe(all.toString('hex'));
  });
});
