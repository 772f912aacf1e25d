/** The sides of a copy on this machine: what is opened of them, and closed again. */
import * as fs from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  assertUnchanged,
  openLocalSource,
  sourceChanged,
  withLocalTarget,
  type Endpoint,
} from '../../../src/remote/copy/endpoints.js';
import { openListCache } from '../../../src/remote/copy/hashing/list-cache.js';
import { openPlatform } from '../../../src/store.js';
import { scratchDirectory } from '../../support/directory.js';
import { startWorkers } from '../../support/in-thread-workers.js';
import { openFilesBelow } from '../../support/open-files.js';

const platform = openPlatform();
const { files } = platform;
const tools = {
  files,
  workers: startWorkers(1),
  lists: openListCache(platform, undefined),
  nowMs: () => 0,
};
const local = (path: string): Endpoint => ({ type: 'local', path });
const remote: Endpoint = { type: 'remote', url: new URL('http://host:8080/a/file') };

function lab() {
  const directory = scratchDirectory();
  const path = join(directory, 'file');
  fs.writeFileSync(path, 'content');
  fs.mkdirSync(join(directory, 'directory'));
  return { directory, path, at: (name: string) => local(join(directory, name)) };
}

describe('a source', () => {
  test('is open alone: its directory is closed', () => {
    const { directory, path } = lab();
    const source = openLocalSource(files, local(path));
    expect(source.stat.sizeBytes).toBe(7);
    expect(openFilesBelow(directory)).toEqual([path]);
    source.close();
    expect(openFilesBelow(directory)).toEqual([]);
  });

  test.each([
    ['missing', 'PATH_NOT_FOUND'],
    ['directory', 'NOT_A_FILE'],
    ['none/missing', 'PATH_NOT_FOUND'],
  ])('that is %s leaves nothing open: %s', (name, code) => {
    const { directory, at } = lab();
    expect(() => openLocalSource(files, at(name))).toThrow(expect.objectContaining({ code }));
    expect(openFilesBelow(directory)).toEqual([]);
  });

  test('is told to have changed when it did, by its name', () => {
    const { path } = lab();
    const source = openLocalSource(files, local(path));
    assertUnchanged(files, source);
    fs.appendFileSync(path, 'x');
    expect(() => assertUnchanged(files, source)).toThrow(
      expect.objectContaining({
        code: 'COPY_SOURCE_CHANGED',
        message: `${path} changed while it was being copied.`,
      }),
    );
    source.close();
    expect(sourceChanged(remote).message).toBe(
      'http://host:8080/a/file changed while it was being copied.',
    );
  });
});

describe('a target', () => {
  test('is open during the work, and closed after it, however that ends', async () => {
    const { directory, path } = lab();
    const result = await withLocalTarget(tools, local(path), (target) => {
      expect(target.old?.sizeBytes).toBe(7);
      expect(openFilesBelow(directory).toSorted()).toEqual([directory, path]);
      return Promise.resolve('done');
    });
    expect(result).toBe('done');
    expect(openFilesBelow(directory)).toEqual([]);
    const failing = withLocalTarget(tools, local(path), () => Promise.reject(new Error('full')));
    await expect(failing).rejects.toThrow('full');
    expect(openFilesBelow(directory)).toEqual([]);
  });

  test('may be new, but is no directory, nor in none', async () => {
    const { directory, at } = lab();
    const work = () => Promise.resolve();
    await withLocalTarget(tools, at('new'), ({ old }) => {
      expect(old).toBeUndefined();
      return Promise.resolve();
    });
    await expect(withLocalTarget(tools, at('directory'), work)).rejects.toMatchObject({
      code: 'NOT_A_FILE',
    });
    await expect(withLocalTarget(tools, at('none/new'), work)).rejects.toMatchObject({
      code: 'PATH_NOT_FOUND',
    });
    expect(openFilesBelow(directory)).toEqual([]);
  });
});

test('two servers cannot copy from each other', async () => {
  const refused = { code: 'USAGE', message: expect.stringContaining('must be local') as string };
  expect(() => openLocalSource(files, remote)).toThrow(expect.objectContaining(refused));
  const work = withLocalTarget(tools, remote, () => Promise.resolve());
  await expect(work).rejects.toMatchObject(refused);
});
