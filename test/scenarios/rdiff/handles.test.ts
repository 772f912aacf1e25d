/** File handles stay where they stand, so that each result can be given to the next step; long ones spill. */
import { closeSync, mkdirSync, readdirSync, readFileSync, readSync, writeFileSync } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import * as fc from 'fast-check';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { delta, patch, readResult, signature } from '../../../src/index.js';
import { testDirectory } from '../../support/directory.js';
import { noise, runs } from '../../support/seed.js';

const directory = testDirectory();
const path = (name: string): string => join(directory, name);
const opened: FileHandle[] = [];
const fileWith = async (name: string, bytes: Uint8Array, flags = 'r+'): Promise<FileHandle> => {
  writeFileSync(path(name), bytes);
  const handle = await open(path(name), flags);
  opened.push(handle);
  return handle;
};
/** What comes when a handle is read on. */
const readOn = (handle: FileHandle): Buffer => {
  const bytes = Buffer.alloc(2_000_000);
  return bytes.subarray(0, readSync(handle.fd, bytes, 0, bytes.length, null));
};
afterEach(async () => {
  vi.unstubAllEnvs();
  for (const handle of opened.splice(0)) await handle.close().catch(() => undefined);
});

const old = noise(300_000, 1);
const now = Buffer.concat([Buffer.from('x'), old.subarray(0, 200_000), noise(50_000, 2)]);

test('three steps through handles that were opened once', async () => {
  const [oldFile, newFile] = [await fileWith('old', old), await fileWith('new', now)];
  const [sums, difference, result] = (await Promise.all(
    ['sums', 'difference', 'result'].map((name) => fileWith(name, Buffer.alloc(0), 'w+')),
  )) as [FileHandle, FileHandle, FileHandle];
  await signature(oldFile, { output: sums });
  await delta(newFile, sums, { output: difference });
  await patch(oldFile, difference, { output: result });
  expect(readOn(result).equals(now)).toBe(true);
  // What was read can be read again.
  const again = await readResult(await signature(oldFile));
  expect(again.equals(readOn(sums))).toBe(true);
  expect(readOn(oldFile).equals(old)).toBe(true);
});

test('a handle that stands within its file is read and written from there', async () => {
  await fc.assert(
    fc.asyncProperty(fc.nat(5000), fc.nat(5000), async (before, behind) => {
      const input = await fileWith('within', Buffer.concat([noise(before), old.subarray(0, 9000)]));
      readSync(input.fd, Buffer.alloc(before), 0, before, null);
      const output = await fileWith('out', Buffer.alloc(behind, 1));
      readSync(output.fd, Buffer.alloc(behind), 0, behind, null);
      const expected = await readResult(await signature(old.subarray(0, 9000)));
      await signature(input, { output });
      expect(readOn(output).equals(expected)).toBe(true);
      expect(
        readFileSync(path('out'))
          .subarray(0, behind)
          .every((byte) => byte === 1),
      ).toBe(true);
      await input.close();
      await output.close();
    }),
    runs(20),
  );
});

test('a basis is the whole file, wherever its handle stands', async () => {
  const basis = await fileWith('basis', old);
  readOn(basis);
  const difference = await delta(now, await signature(old));
  expect((await readResult(await patch(basis, difference))).equals(now)).toBe(true);
});

describe('a result that is returned', () => {
  const sizes = [0, 1, 8 * 1024 * 1024 - 1, 8 * 1024 * 1024, 8 * 1024 * 1024 + 1, 20_000_000];
  test.each(sizes)('of %i bytes is in memory up to 8 MiB, else an open file', async (size) => {
    const bytes = noise(size, 5);
    const difference = await delta(bytes, await signature(Buffer.alloc(0)));
    const result = await patch(Buffer.alloc(0), difference);
    expect(result instanceof Buffer).toBe(size <= 8 * 1024 * 1024);
    // It is an input as it is, and can be read as often as wanted.
    const sums = await readResult(await signature(result));
    expect(sums.equals(await readResult(await signature(result)))).toBe(true);
    expect((await readResult(result)).equals(bytes)).toBe(true);
    if (!(difference instanceof Uint8Array)) await difference.close();
  });

  test('is bytes up to any limit that is set', async () => {
    for (const maxMemory of [0, 10, 1000, Infinity]) {
      const result = await signature(old, { maxMemory, blockLength: 2048 });
      expect(result instanceof Buffer).toBe(maxMemory === Infinity);
      expect(
        (await readResult(result)).equals(await readResult(await signature(Readable.from([old])))),
      ).toBe(true);
    }
  });

  test('has no name, and is closed when its step fails', async () => {
    const before = readdirSync('/proc/self/fd').length;
    // A directory of its own: other tests make and remove temporary files meanwhile.
    vi.stubEnv('TMPDIR', path('temporary'));
    mkdirSync(path('temporary'));
    const result = await signature(old, { maxMemory: 0 });
    expect(readdirSync(path('temporary'))).toEqual([]);
    if (result instanceof Uint8Array) throw new Error('it is in memory');
    expect((await result.stat()).nlink).toBe(0);
    expect((await result.stat()).mode & 0o777).toBe(0o600);
    await result.close();
    const difference = await readResult(await delta(now, await signature(old)));
    const cut = difference.subarray(0, -1);
    await expect(patch(old, cut, { maxMemory: 0 })).rejects.toMatchObject({
      code: 'RDIFF_INPUT_ENDED',
    });
    expect(readdirSync('/proc/self/fd').length).toBe(before);
  });
});

describe('a handle that is of no use is refused with what was expected', () => {
  test('one that is closed', async () => {
    const handle = await fileWith('closed', old);
    await handle.close();
    const failure = {
      code: 'RDIFF_PARAMETER',
      message: 'The file handle must be open, not "closed"',
    };
    await expect(signature(handle)).rejects.toMatchObject(failure);
    await expect(patch(handle, Buffer.alloc(0))).rejects.toMatchObject(failure);
    await expect(signature(old, { output: handle })).rejects.toMatchObject(failure);
  });

  test('one that may not be read, or not be written', async () => {
    const writing = await fileWith('writing', old, 'a');
    const reading = await fileWith('reading', old, 'r');
    const failure = {
      code: 'RDIFF_IO',
      message: expect.stringContaining('Bad file descriptor') as string,
    };
    await expect(signature(writing)).rejects.toMatchObject(failure);
    await expect(signature(old, { output: reading })).rejects.toMatchObject(failure);
  });

  test('one whose descriptor was closed behind its back', async () => {
    const handle = await open(path('reading'), 'r').catch(() => fileWith('reading', old, 'r'));
    closeSync(handle.fd);
    await expect(signature(handle)).rejects.toMatchObject({ code: 'RDIFF_IO' });
    await handle.close().catch(() => undefined);
  });
});
