import * as fs from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { initRepository } from '../../../src/repo/repository/init.js';
import { openRepository } from '../../../src/repo/repository/repository.js';
import { openPlatform } from '../../../src/platform/platform.js';
import { scratchDirectory } from '../../support/directory.js';
import { deadFrom } from '../../support/faulty-files.js';
import { createLab } from '../../support/lab.js';

const platform = openPlatform();
const OWN_FILES = ['index.sqlite', 'lock.sqlite', 'packs', 'reserve', 'varve.json'];

describe('a new repository', () => {
  test('is made in an empty or new directory only', () => {
    const directory = scratchDirectory();
    const path = join(directory, 'new');
    const { chunking, formatVersion, id } = initRepository(path, platform);
    expect(formatVersion).toBe(2);
    expect(id).toHaveLength(16);
    expect(chunking).toEqual({
      wholeFileBytes: 12 * 1024 * 1024,
      segmentBytes: 64 * 1024 * 1024,
      leastBytes: 64 * 1024,
      averageBytes: 256 * 1024,
      mostBytes: 1024 * 1024,
    });
    expect(() => initRepository(path, platform)).toThrow(
      expect.objectContaining({
        code: 'REPOSITORY_EXISTS',
        message: `${path} is a repository already.`,
      }),
    );
    expect(() => initRepository(join(path, 'varve.json'), platform)).toThrow('is not a directory');
  });

  test('is made where an earlier attempt died, at whatever call', () => {
    for (let position = 1, wasHit = true; wasHit; position += 1) {
      const path = join(scratchDirectory(), 'new');
      const dead = deadFrom(position, 10);
      try {
        initRepository(path, { ...platform, files: dead.files });
      } catch {
        // It died.
      }
      wasHit = dead.wasHit();
      if (fs.existsSync(join(path, 'varve.json'))) continue;
      initRepository(path, platform);
      expect(fs.readdirSync(path).sort()).toEqual(OWN_FILES);
    }
  });

  test('is not made over packs whose varve.json is lost', () => {
    const path = join(scratchDirectory(), 'new');
    initRepository(path, platform);
    fs.rmSync(join(path, 'varve.json'));
    fs.writeFileSync(join(path, 'packs', '00000001.pack'), 'data');
    expect(() => initRepository(path, platform)).toThrow(
      expect.objectContaining({ code: 'REPOSITORY_EXISTS' }),
    );
    expect(fs.existsSync(join(path, 'packs', '00000001.pack'))).toBe(true);
  });
});

describe('what is no repository', () => {
  // eslint-disable-next-line @typescript-eslint/require-await
  const open = async (path: string) => openRepository(path, platform, { access: 'read' });

  test('has a code of its own for each way', async () => {
    const directory = scratchDirectory();
    await expect(open(join(directory, 'none'))).rejects.toMatchObject({
      code: 'REPOSITORY_NOT_FOUND',
      message: `There is no repository at ${directory}/none.`,
    });
    await expect(open(directory)).rejects.toMatchObject({
      code: 'NOT_A_REPOSITORY',
      message: `${directory} is not a Varve repository: it has no varve.json.`,
    });
  });

  test.each([
    ['garbage', 'NOT_A_REPOSITORY', () => 'not json'],
    ['without a format', 'NOT_A_REPOSITORY', () => '{}'],
    ['without an id', 'NOT_A_REPOSITORY', (text: string) => text.replace(/"id": "../, '"id": "')],
    [
      'of a newer format',
      'FORMAT_UNKNOWN',
      (text: string) => text.replace('"format": 2', '"format": 3'),
    ],
    [
      'of an older format',
      'FORMAT_UNKNOWN',
      (text: string) => text.replace('"format": 2', '"format": 1'),
    ],
    ['with another hash', 'FORMAT_UNKNOWN', (text: string) => text.replace('blake3-256', 'md4')],
  ])('its varve.json is %s: %s', async (_, code, change) => {
    const lab = createLab();
    const path = join(lab.repository, 'varve.json');
    fs.writeFileSync(path, change(fs.readFileSync(path, 'utf8')));
    await expect(lab.backup()).rejects.toMatchObject({ code });
    await expect(lab.verify()).rejects.toMatchObject({ code });
  });
});

describe('a repository that cannot be written', () => {
  test('is refused to writers, and read through a copy of its index', async () => {
    const lab = createLab();
    lab.write('file', 'x');
    await lab.backup();
    lab.useFiles({ ...lab.platform.files, canWrite: () => false });
    await expect(lab.backup()).rejects.toMatchObject({
      code: 'REPOSITORY_READ_ONLY',
      message: `The repository ${lab.repository} cannot be written to.`,
    });
    await lab.expectSound();
    expect((await lab.treeAt(1)).get('file')!.content).toBe('x');
  });

  test.each(['', 'index.sqlite', 'lock.sqlite', 'packs'])(
    'is one of which a part alone is not ours: "%s"',
    async (part) => {
      const lab = createLab();
      lab.write('file', 'x');
      await lab.backup();
      const refused = part === '' ? lab.repository : join(lab.repository, part);
      lab.useFiles({ ...lab.platform.files, canWrite: (path) => path !== refused });
      await expect(lab.backup()).rejects.toMatchObject({ code: 'REPOSITORY_READ_ONLY' });
      await lab.expectSound();
      expect((await lab.treeAt(1)).get('file')!.content).toBe('x');
    },
  );

  test('lacks its lock file: it is made again', async () => {
    const lab = createLab();
    fs.rmSync(join(lab.repository, 'lock.sqlite'));
    lab.write('file', 'x');
    await lab.backup();
    await lab.expectSound();
  });
});
