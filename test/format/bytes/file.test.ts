import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createFile, openFile } from '../../../src/format/bytes/file.js';
import { FileSink } from '../../../src/format/bytes/file-sink.js';
import { PipeSink } from '../../../src/format/bytes/pipe.js';
import { readExactly } from '../../../src/format/bytes/source.js';

let directory = '';
beforeAll(() => {
  directory = fs.mkdtempSync(path.join(os.tmpdir(), 'crit-file-'));
});
afterAll(() => {
  fs.rmSync(directory, { recursive: true });
});

const inside = (name: string): string => path.join(directory, name);

describe('a file that is written', () => {
  test('has its name only when it is complete, and mode 0600', async () => {
    const sink = new FileSink(inside('image'));
    sink.write(Uint8Array.of(1, 2));
    expect(fs.existsSync(inside('image'))).toBe(false);
    sink.write(Uint8Array.of(3));
    await sink.commit();
    expect([...fs.readFileSync(inside('image'))]).toEqual([1, 2, 3]);
    expect(fs.statSync(inside('image')).mode & 0o777).toBe(0o600);
    expect(sink.position).toBe(3);
    expect(fs.readdirSync(directory)).toEqual(['image']);
  });

  test('leaves what was there when it is given up, and nothing else', async () => {
    fs.writeFileSync(inside('kept'), 'old');
    const sink = new FileSink(inside('kept'));
    sink.write(Uint8Array.of(1));
    await sink.abort();
    expect(fs.readFileSync(inside('kept'), 'utf8')).toBe('old');
    expect(fs.readdirSync(directory).filter((name) => name.includes('.part'))).toEqual([]);
  });

  test('replaces the file behind a symbolic link, not the link', async () => {
    fs.writeFileSync(inside('real'), 'old');
    fs.symlinkSync('real', inside('link'));
    const sink = new FileSink(inside('link'));
    sink.write(new TextEncoder().encode('new'));
    await sink.commit();
    expect(fs.lstatSync(inside('link')).isSymbolicLink()).toBe(true);
    expect(fs.readFileSync(inside('real'), 'utf8')).toBe('new');
  });

  test('is refused at once where the directory is not there', () => {
    expect(() => new FileSink(inside('none/image'))).toThrow(expect.objectContaining({ code: 'WRITE_FAILED' }));
  });

  test('keeps its last name free when renaming fails', async () => {
    fs.mkdirSync(inside('busy'));
    const sink = new FileSink(inside('busy'));
    sink.write(Uint8Array.of(1));
    await expect(sink.commit()).rejects.toMatchObject({ code: 'WRITE_FAILED' });
    expect(fs.readdirSync(directory).filter((name) => name.includes('.part'))).toEqual([]);
  });

  test('is written straight into when it is a device', async () => {
    const sink = createFile('/dev/null');
    expect(sink).toBeInstanceOf(PipeSink);
    await sink.write(Uint8Array.of(1));
    await sink.commit();
  });
});

describe('a file that is read', () => {
  test('gives bytes from beyond 4 GiB exactly, and a short count only at its end', async () => {
    const far = 5 * 2 ** 30;
    const fd = fs.openSync(inside('far'), 'w');
    fs.writeSync(fd, 'needle', far);
    fs.closeSync(fd);
    const source = openFile(inside('far'));
    const into = new Uint8Array(16);
    expect(source.size).toBe(far + 6);
    expect(await source.read(far, into)).toBe(6);
    expect(Buffer.from(into.subarray(0, 6)).toString()).toBe('needle');
    await expect(readExactly(source, far, into)).rejects.toMatchObject({ code: 'TRUNCATED', offset: far + 6 });
    await source.close();
  });

  test.each([
    ['that is not there', 'missing', 'ENOENT'],
    ['that is a directory', '.', 'EISDIR'],
  ])('%s is an error with its reason', (_, name, errno) => {
    expect(() => openFile(inside(name))).toThrow(
      expect.objectContaining({ code: 'READ_FAILED', message: expect.stringContaining(errno) as string }),
    );
  });
});
