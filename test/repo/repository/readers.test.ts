import * as fs from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { FileSystem } from '../../../src/platform/files.js';
import { Readers } from '../../../src/repo/repository/readers.js';
import { backupTree, makeRepository, writeTree } from '../../support/repository.js';

/** Copies of the index's log fail as `fail` says, as often as it does. */
function withLog(files: FileSystem, fail: (path: string) => void): FileSystem {
  return {
    ...files,
    copyFile(from, to) {
      if (from.endsWith('-wal')) fail(from);
      files.copyFile(from, to);
    },
  };
}

function refused(code: string): Error {
  return Object.assign(new Error(`${code}: injected`), { code });
}

/** A repository with one snapshot and a log that is there, and what asks it without writing. */
async function filledLog(fail: (path: string) => void) {
  const repository = makeRepository();
  writeTree(repository.tree, { a: { type: 'file', content: 'a' } });
  await backupTree(repository);
  const log = `${repository.path}/index.sqlite-wal`;
  if (!fs.existsSync(log)) fs.writeFileSync(log, '');
  const { platform } = repository;
  const files = withLog(platform.files, fail);
  return { log, readers: new Readers(repository.path, { ...platform, files }, false) };
}

function countSnapshots(readers: Readers): number {
  const reader = readers.take();
  try {
    return reader.index.snapshots.all().length;
  } finally {
    readers.giveBack(reader);
    readers.close();
  }
}

describe('a reader without write access', () => {
  test('tries again when the log goes while it is copied', async () => {
    const { readers } = await filledLog((path) => {
      fs.rmSync(path);
      throw refused('ENOENT');
    });
    expect(countSnapshots(readers)).toBe(1);
  });

  test.each([0o644, 0o600])(
    'tries again when the log is another file by then (%o)',
    async (mode) => {
      let tries = 0;
      const { log, readers } = await filledLog((path) => {
        if (tries++ > 0) return;
        fs.renameSync(path, `${path}.old`);
        fs.writeFileSync(path, '', { mode });
        throw refused('EACCES');
      });
      expect(countSnapshots(readers)).toBe(1);
      expect(fs.existsSync(log)).toBe(true);
    },
  );

  test('tries again when the log is opened to readers only then', async () => {
    let tries = 0;
    const { log, readers } = await filledLog((path) => {
      if (tries++ > 0) return;
      fs.chmodSync(path, 0o640);
      throw refused('EACCES');
    });
    fs.chmodSync(log, 0o600);
    expect(countSnapshots(readers)).toBe(1);
  });

  test('says so at once when the log is closed to it', async () => {
    let tries = 0;
    const { readers } = await filledLog(() => {
      tries++;
      throw refused('EACCES');
    });
    expect(() => readers.take()).toThrow('EACCES: injected');
    expect(tries).toBe(1);
  });
});
