import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeText } from '../../src/format/bytes/text.js';
import { parseSmaps, type Mapping } from '../../src/capture/smaps.js';

const pathByte = fc.integer({ min: 1, max: 255 }).filter((byte) => byte !== 0x0a);
const anyPath = fc.oneof(
  fc.constantFrom('', '[heap]', '[anon: a b]', '/memfd:x (deleted)', 'anon_inode:[io_uring]'),
  fc.array(pathByte, { maxLength: 40 }).map((bytes) => decodeText(Uint8Array.from([0x2f, ...bytes]))),
);

const anyMapping: fc.Arbitrary<Mapping> = fc
  .record({
    startVpn: fc.integer({ min: 0, max: 2 ** 52 - 2 }),
    nrPages: fc.integer({ min: 1, max: 2 ** 36 }),
    offsetPages: fc.integer({ min: 0, max: 2 ** 40 }),
    device: fc.integer({ min: 0, max: 255 }),
    inode: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
    path: anyPath,
    residentPages: fc.integer({ min: 0, max: 2 ** 36 }),
    anonymousPages: fc.integer({ min: 0, max: 2 ** 36 }),
    swappedPages: fc.integer({ min: 0, max: 2 ** 36 }),
    flagCodes: fc.array(fc.constantFrom('rd', 'wr', 'mr', 'sd', '??', 'zz', 'gu'), { maxLength: 8 }),
  })
  .map(({ nrPages, device, inode, ...mapping }) => ({
    ...mapping,
    endVpn: Math.min(mapping.startVpn + nrPages, 2 ** 52 - 1),
    fileId: `fe:${device.toString(16).padStart(2, '0')} ${String(inode)}`,
  }));

function hexAddress(vpn: number): string {
  return (BigInt(vpn) << 12n).toString(16).padStart(8, '0');
}

function printMapping(mapping: Mapping): string {
  const range = `${hexAddress(mapping.startVpn)}-${hexAddress(mapping.endVpn)}`;
  const head = `${range} rw-p ${hexAddress(mapping.offsetPages)} ${mapping.fileId}`;
  return [
    mapping.path === '' ? `${head} ` : `${head.padEnd(72)} ${mapping.path}`,
    'Size:                  8 kB',
    `Rss:            ${String(mapping.residentPages * 4)} kB`,
    `Anonymous:      ${String(mapping.anonymousPages * 4)} kB`,
    'AnonHugePages:      2048 kB',
    `Swap:           ${String(mapping.swappedPages * 4)} kB`,
    'SwapPss:              96 kB',
    'THPeligible:           0',
    `VmFlags: ${mapping.flagCodes.map((code) => `${code} `).join('')}`,
    '',
  ].join('\n');
}

/** Text with the lone surrogates that stand for bytes, as those bytes. */
function bytesOf(text: string): Buffer {
  return Buffer.concat(
    Array.from(text).map((character) => {
      const unit = character.charCodeAt(0);
      const isByte = character.length === 1 && unit >= 0xdc80 && unit <= 0xdcff;
      return isByte ? Buffer.from([unit - 0xdc00]) : Buffer.from(character);
    }),
  );
}

test('what smaps prints of mappings is what is read of them, paths of any bytes included', () => {
  fc.assert(
    fc.property(fc.array(anyMapping, { maxLength: 20 }), (mappings) => {
      expect(parseSmaps(bytesOf(mappings.map(printMapping).join('')))).toEqual(mappings);
    }),
  );
});

test('maps gives the same without counts and flags', () => {
  const line = '7f70fac40000-7f70fac42000 r-xp 00001000 00:00 0                          [vdso]\n';
  expect(parseSmaps(Buffer.from(line))).toEqual([
    {
      startVpn: 0x7f70fac40,
      endVpn: 0x7f70fac42,
      offsetPages: 1,
      fileId: '00:00 0',
      path: '[vdso]',
      residentPages: 0,
      anonymousPages: 0,
      swappedPages: 0,
      flagCodes: [],
    },
  ]);
});
