/** The disk that loses its power, checked by itself: what the crash tests conclude from rests on it. */
import * as fs from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, test } from 'vitest';
import { bytesFromText, type ByteString } from '../../../src/platform/bytes.js';
import { crashEverywhere } from '../../support/disk/crash-loop.js';
import { losesAll, losesNothing, losesSome } from '../../support/disk/model.js';
import { SimulatedDisk } from '../../support/disk/simulated-disk.js';
import { scratchDirectory } from '../../support/directory.js';
import { noise } from '../../support/seed.js';

const NEW = Buffer.from('new');

/** A disk with a durable file `old` in a directory `held`, and what may be done there. */
function makeDisk() {
  const root = join(scratchDirectory(), 'disk');
  fs.mkdirSync(join(root, 'held'), { recursive: true });
  fs.writeFileSync(join(root, 'old'), 'old bytes');
  const disk = new SimulatedDisk(root);
  const path = (name: string): string => join(root, name);
  const writeNew = (name: string, bytes: Uint8Array = NEW): number => {
    const descriptor = disk.files.open(path(name), 'create');
    disk.files.write(descriptor, bytes, 0);
    return descriptor;
  };
  const textOf = (name: string): string | undefined =>
    fs.existsSync(path(name)) ? fs.readFileSync(path(name), 'latin1') : undefined;
  return { root, disk, files: disk.files, path, writeNew, textOf };
}

describe('bytes', () => {
  test('that were not synced are lost, those before the sync are not', () => {
    const { disk, files, path, textOf } = makeDisk();
    const descriptor = files.open(path('old'), 'append');
    files.write(descriptor, Buffer.from('one'), 0);
    files.sync(descriptor);
    files.write(descriptor, Buffer.from('two'), 0);
    files.truncate(descriptor, 4);
    files.close(descriptor);
    expect(textOf('old')).toBe('two ');
    disk.lose(losesAll);
    expect(textOf('old')).toBe('one bytes');
    disk.lose(losesNothing);
    expect(textOf('old')).toBe('two ');
  });

  test('are torn at sectors and arrive in any order', () => {
    const { disk, files, path } = makeDisk();
    const descriptor = files.open(path('old'), 'append');
    const bytes = Buffer.alloc(8 * 512, 'x');
    files.write(descriptor, bytes, 100);
    files.close(descriptor);
    const found = new Set<string>();
    for (let seed = 0; seed < 50; seed++) {
      disk.lose(losesSome(seed));
      const now = fs.readFileSync(path('old'));
      const sectors = Array.from({ length: 9 }, (_, index) =>
        now.subarray(Math.max(100, index * 512), (index + 1) * 512),
      );
      for (const sector of sectors) expect(new Set(sector).size).toBeLessThan(2);
      found.add(sectors.map((sector) => (sector[0] === 120 ? 'x' : '-')).join(''));
    }
    expect([...found].some((kept) => /x-+x/.test(kept))).toBe(true);
    expect(found.size).toBeGreaterThan(20);
  });

  test('are lost by a sync that failed, whatever a later one says', () => {
    const { disk, files, path, textOf } = makeDisk();
    disk.ordain(2, { type: 'fails', code: 'EIO' });
    const descriptor = files.open(path('old'), 'append');
    files.write(descriptor, Buffer.from('new'), 0);
    expect(() => files.sync(descriptor)).toThrow('EIO: injected');
    files.sync(descriptor);
    files.close(descriptor);
    disk.lose(losesNothing);
    expect(textOf('old')).toBe('old bytes');
  });

  test('of a hole are zeros, once they are synced', () => {
    const { disk, files, path, textOf } = makeDisk();
    const descriptor = files.open(path('old'), 'append');
    expect(files.at.punchHole(descriptor, 0, 4)).toBe(true);
    disk.lose(losesAll);
    expect(textOf('old')).toBe('old bytes');
    disk.lose(losesNothing);
    expect(textOf('old')).toBe('\0\0\0\0bytes');
    files.close(descriptor);
  });
});

describe('names', () => {
  test('of new files need a sync of their directory, and their bytes one of the file', () => {
    const { disk, files, root, writeNew, textOf } = makeDisk();
    const [synced, named, both] = ['synced', 'named', 'both'].map((name) => writeNew(name));
    files.sync(synced!);
    files.sync(both!);
    disk.lose(losesAll);
    expect(fs.readdirSync(root).sort()).toEqual(['held', 'old']);
    const again = makeDisk();
    const descriptors = ['named', 'both'].map((name) => again.writeNew(name));
    again.files.sync(descriptors[1]!);
    again.files.syncDirectory(again.root);
    again.writeNew('late');
    again.disk.lose(losesAll);
    expect(again.textOf('named')).toBe('');
    expect(again.textOf('both')).toBe('new');
    expect(again.textOf('late')).toBeUndefined();
    [synced, named, both].forEach((descriptor) => files.close(descriptor!));
    expect(textOf('old')).toBe('old bytes');
  });

  test('that were removed or renamed are as before until their directory is synced', () => {
    const { disk, files, root, path, textOf } = makeDisk();
    fs.writeFileSync(path('other'), 'never seen');
    const descriptor = files.open(path('fresh'), 'create');
    files.write(descriptor, NEW, 0);
    files.sync(descriptor);
    files.close(descriptor);
    files.syncDirectory(root);
    files.rename(path('fresh'), path('old'));
    disk.lose(losesAll);
    expect([textOf('fresh'), textOf('old')]).toEqual(['new', 'old bytes']);
    disk.lose(losesNothing);
    expect([textOf('fresh'), textOf('old')]).toEqual([undefined, 'new']);
  });

  test('of a rename go together, others by themselves', () => {
    const { disk, files, path, textOf, writeNew, root } = makeDisk();
    for (const name of ['a', 'b', 'c']) {
      const descriptor = writeNew(name, Buffer.from(name));
      files.sync(descriptor);
      files.close(descriptor);
    }
    files.syncDirectory(root);
    files.remove(path('b'));
    files.rename(path('a'), path('moved'));
    files.remove(path('c'));
    const found = new Set<string>();
    for (let seed = 0; seed < 60; seed++) {
      disk.lose(losesSome(seed));
      expect([textOf('a'), textOf('moved')].filter((text) => text !== undefined)).toEqual(['a']);
      found.add(['a', 'b', 'c'].map((name) => (textOf(name) ? name : '-')).join(''));
    }
    expect(found.size).toBe(8);
  });

  test('below a directory whose own name is not durable are lost with it', () => {
    const { disk, files, path } = makeDisk();
    files.makeDirectories(path('new/deep'));
    const descriptor = files.open(path('new/deep/file'), 'create');
    files.sync(descriptor);
    files.close(descriptor);
    files.syncDirectory(path('new/deep'));
    files.syncDirectory(path('new'));
    disk.lose(losesAll);
    expect(fs.existsSync(path('new'))).toBe(false);
  });

  test('are synced by the descriptor of their directory, too', () => {
    const { disk, files, root, textOf } = makeDisk();
    const directory = files.at.open(undefined, bytesFromText(root), 'read-directory');
    const descriptor = files.at.open(directory, 'draft' as ByteString, 'create-file');
    files.write(descriptor, NEW, 0);
    files.sync(descriptor);
    files.at.rename(directory, 'draft' as ByteString, 'target' as ByteString);
    disk.cutPower();
    disk.lose(losesAll);
    expect(textOf('target')).toBeUndefined();
    const again = makeDisk();
    const held = again.files.at.open(undefined, bytesFromText(again.root), 'read-directory');
    const file = again.files.at.open(held, 'draft' as ByteString, 'create-file');
    again.files.write(file, NEW, 0);
    again.files.sync(file);
    again.files.at.rename(held, 'draft' as ByteString, 'target' as ByteString);
    again.files.sync(held);
    again.disk.lose(losesAll);
    expect(again.textOf('target')).toBe('new');
    for (const each of [descriptor, directory]) files.close(each);
    for (const each of [file, held]) again.files.close(each);
  });
});

describe('times', () => {
  test('are the old ones until the file is synced', () => {
    const { disk, files, path } = makeDisk();
    const before = fs.statSync(path('old')).mtimeMs;
    const descriptor = files.open(path('old'), 'append');
    files.at.setMtimeOpen(descriptor, { seconds: 1000, nanoseconds: 0 });
    disk.lose(losesAll);
    expect(Math.abs(fs.statSync(path('old')).mtimeMs - before)).toBeLessThan(1);
    files.close(descriptor);
    const again = makeDisk();
    const synced = again.files.open(again.path('old'), 'append');
    again.files.at.setMtimeOpen(synced, { seconds: 1000, nanoseconds: 0 });
    again.files.sync(synced);
    again.files.close(synced);
    again.disk.lose(losesAll);
    expect(fs.statSync(again.path('old')).mtimeMs).toBe(1_000_000);
  });
});

describe('the power', () => {
  test.each([
    ['before', undefined],
    ['within', noise(20, 1)],
    ['after', noise(5000, 1)],
  ] as const)('goes %s a call, and no later one changes anything', (moment, kept) => {
    const { disk, files, path } = makeDisk();
    disk.ordain(3, { type: 'dies', moment });
    const descriptor = files.open(path('file'), 'create');
    files.syncDirectory(join(path('file'), '..'));
    expect(() => files.write(descriptor, noise(5000, 1), 0)).toThrow('EINTR: injected');
    expect(() => files.write(descriptor, NEW, 0)).toThrow('EINTR: injected');
    expect(() => files.remove(path('old'))).toThrow('EINTR: injected');
    files.close(descriptor);
    disk.lose(losesNothing);
    expect(fs.readFileSync(path('file'))).toEqual(kept ?? Buffer.alloc(0));
    expect(fs.existsSync(path('old'))).toBe(true);
    expect(disk.changeCount).toBe(3);
  });

  test('does not touch what lies outside the directory', () => {
    const { disk, files, root } = makeDisk();
    disk.cutPower();
    const outside = `${root}-outside`;
    files.close(files.open(outside, 'create'));
    expect(fs.existsSync(outside)).toBe(true);
  });
});

describe('a database of SQLite', () => {
  test('keeps what was committed, and perhaps the bytes of what was not', () => {
    const { disk, path, root } = makeDisk();
    const make = new Database(path('x.sqlite'));
    make.pragma('journal_mode = WAL');
    make.pragma('synchronous = FULL');
    make.exec('CREATE TABLE t (a BLOB)');
    make.close();
    const started = new SimulatedDisk(root);
    const db = new Database(path('x.sqlite'));
    db.pragma('synchronous = FULL');
    db.pragma('cache_size = 2');
    db.exec("INSERT INTO t VALUES ('committed')");
    db.exec('BEGIN');
    for (let row = 0; row < 50; row++) db.prepare('INSERT INTO t VALUES (?)').run(noise(4000, row));
    started.files.close(started.files.open(path('change'), 'create'));
    expect(started.log.map(({ name, path }) => `${name} ${path}`)).toEqual([
      'commit x.sqlite',
      'create change',
    ]);
    started.cutPower();
    db.close();
    for (const loss of [losesAll, losesNothing, losesSome(1), losesSome(2)]) {
      started.lose(loss);
      const found = new Database(path('x.sqlite'));
      expect(found.pragma('integrity_check', { simple: true })).toBe('ok');
      expect(found.prepare('SELECT a FROM t').pluck().all()).toEqual(['committed']);
      found.close();
    }
    expect(disk.changeCount).toBe(0);
  });

  test('that is built without a log is lost unless it was synced', () => {
    const { disk, files, path, root } = makeDisk();
    files.close(files.open(path('x.sqlite.new'), 'create'));
    const build = new Database(path('x.sqlite.new'));
    build.pragma('journal_mode = OFF');
    build.exec("CREATE TABLE t (a); INSERT INTO t VALUES ('all')");
    build.close();
    files.rename(path('x.sqlite.new'), path('x.sqlite'));
    files.syncDirectory(root);
    disk.lose(losesAll);
    expect(fs.statSync(path('x.sqlite')).size).toBe(0);
    disk.lose(losesNothing);
    const found = new Database(path('x.sqlite'));
    expect(found.prepare('SELECT a FROM t').pluck().all()).toEqual(['all']);
    found.close();
  });
});

describe('the loop over all calls', () => {
  const story = (isSynced: boolean, wrong: string[]) => {
    const { root, path, textOf } = makeDisk();
    return {
      root,
      run: (files: SimulatedDisk['files']) =>
        Promise.resolve().then(() => {
          const descriptor = files.open(path('next'), 'create');
          try {
            files.write(descriptor, NEW, 0);
            if (isSynced) files.sync(descriptor);
          } finally {
            files.close(descriptor);
          }
          files.rename(path('next'), path('old'));
          files.syncDirectory(root);
        }),
      check: ({ label, isDone }: { label: string; isDone: boolean }) => {
        const text = textOf('old');
        const isRight = text === 'new' || (!isDone && text === 'old bytes');
        if (!isRight) wrong.push(label);
        return Promise.resolve();
      },
    };
  };

  test('finds nothing wrong with a file that is replaced as it should be', async () => {
    const wrong: string[] = [];
    expect(await crashEverywhere(story(true, wrong), { seed: 1 })).toBe(5);
    expect(wrong).toEqual([]);
  });

  test('finds a sync that is missing', async () => {
    const wrong: string[] = [];
    expect(await crashEverywhere(story(false, wrong), { seed: 1 })).toBe(4);
    expect(wrong).toContain('after the run, nothing unsynced arrives');
    expect(wrong).toContain('call 4 dies after, nothing unsynced arrives');
  });
});
