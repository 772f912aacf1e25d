/** A new file on its way to its name: what is durable when, who owns it, and that only one makes it. */
import * as fs from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import {
  openDraft,
  openLeftDraft,
  type Attributes,
  type DraftPlace,
} from '../../../../src/remote/copy/draft/draft.js';
import { localPlace, openFile } from '../../../../src/remote/copy/file/place.js';
import type { FileSystem } from '../../../../src/platform/files.js';
import { openPlatform } from '../../../../src/store.js';
import { scratchDirectory } from '../../../support/directory.js';
import { systemError } from '../../../support/faulty-files.js';
import { openFilesBelow } from '../../../support/open-files.js';

const { files: machine } = openPlatform();
const NONE: Attributes = { mode: undefined, mtime: undefined };

/** The calls that matter to what survives a crash, in their order. */
function logging(log: string[], more: Partial<FileSystem['at']> = {}): FileSystem {
  let directory: number | undefined;
  const name = (descriptor: number): string => (descriptor === directory ? 'directory' : 'file');
  return {
    ...machine,
    cloneFile: () => false,
    truncate(descriptor, length) {
      log.push(`truncate ${length}`);
      machine.truncate(descriptor, length);
    },
    setMode(descriptor, mode) {
      log.push(`mode ${mode.toString(8)}`);
      machine.setMode(descriptor, mode);
    },
    sync(descriptor) {
      log.push(`sync ${name(descriptor)}`);
      machine.sync(descriptor);
    },
    at: {
      ...machine.at,
      setMtimeOpen(descriptor, time) {
        log.push('mtime');
        machine.at.setMtimeOpen(descriptor, time);
      },
      rename(parent, from, to) {
        directory = parent;
        log.push('rename');
        machine.at.rename(parent, from, to);
      },
      setOwnerOpen(descriptor, uid, gid) {
        log.push('owner');
        machine.at.setOwnerOpen(descriptor, uid, gid);
      },
      ...more,
    },
  };
}

interface Setting {
  readonly files?: FileSystem;
  /** There is an old file. */
  readonly isThere?: boolean;
  /** Owned by somebody else. */
  readonly isForeign?: boolean;
}

function setUp({ files = machine, isThere = true, isForeign = false }: Setting = {}) {
  const directory = scratchDirectory();
  const path = join(directory, 'file');
  if (isThere) fs.writeFileSync(path, 'old');
  if (isThere) fs.chmodSync(path, 0o640);
  const place = localPlace(files, path);
  const old = openFile(files, place);
  const seen = old && isForeign ? { ...old, stat: { ...old.stat, uid: old.stat.uid + 1 } } : old;
  onTestFinished(() => [old, place].forEach((one) => one?.close()));
  return {
    path,
    place,
    old,
    names: () => fs.readdirSync(directory),
    left: () => {
      const found = openLeftDraft(files, place);
      found?.close();
      return found?.stat.sizeBytes;
    },
    open: (where: DraftPlace) => openDraft(files, place, where, seen),
  };
}

describe('a file that is published', () => {
  const attributes: Attributes = { mode: 0o600, mtime: { seconds: 5, nanoseconds: 0 } };

  test('is durable before it gets its name, and its name before that is said', () => {
    const log: string[] = [];
    const { open, path } = setUp({ files: logging(log) });
    const draft = open('beside');
    fs.writeSync(draft.descriptor, 'new file');
    draft.publish(3, attributes);
    draft.close();
    expect(log).toEqual([
      'truncate 3',
      'mode 600',
      'mtime',
      'sync file',
      'rename',
      'sync directory',
    ]);
    expect(fs.readFileSync(path, 'utf8')).toBe('new');
    expect(fs.statSync(path).mtimeMs).toBe(5000);
  });

  test('is durable in place, and so is its name where it is new', () => {
    for (const isThere of [true, false]) {
      const log: string[] = [];
      const { open } = setUp({ files: logging(log), isThere });
      const draft = open('in-place');
      draft.publish(3, attributes);
      draft.close();
      const name = isThere ? [] : ['sync file'];
      expect(log).toEqual(['truncate 3', 'mode 600', 'mtime', 'sync file', ...name]);
    }
  });

  test('has the mode of the old one, unless it is told another; a new one that of any new file', () => {
    const any = join(scratchDirectory(), 'any');
    fs.writeFileSync(any, '');
    const usual = fs.statSync(any).mode & 0o777;
    for (const [mode, isThere, first, last] of [
      // What replaces a file is nobody else's business until it does.
      [undefined, true, 0o600, 0o640],
      [0o604, true, 0o600, 0o604],
      [undefined, false, usual, usual],
      [0o604, false, usual, 0o604],
    ] as const) {
      const { open, path } = setUp({ isThere });
      const draft = open('beside');
      expect(fs.fstatSync(draft.descriptor).mode & 0o777).toBe(first);
      draft.publish(0, { ...NONE, mode });
      draft.close();
      expect(fs.statSync(path).mode & 0o777).toBe(last);
    }
  });

  test('has the owner of the old one, as far as we may', () => {
    const asked: number[] = [];
    const setOwnerOpen = (code?: string) => (_: number, uid: number) => {
      asked.push(uid);
      if (code !== undefined) throw systemError(code);
    };
    const publish = (code?: string): void => {
      const files = logging([], { setOwnerOpen: setOwnerOpen(code) });
      const { open } = setUp({ files, isForeign: true });
      const draft = open('beside');
      onTestFinished(() => draft.close());
      draft.publish(0, NONE);
    };
    publish();
    publish('EPERM');
    expect(() => publish('EIO')).toThrow('EIO');
    expect(asked).toEqual(Array.from({ length: 3 }, () => (process.getuid?.() ?? 0) + 1));
    for (const differing of ['uid', 'gid'] as const) {
      asked.length = 0;
      const { place, old } = setUp();
      const stat = { ...old!.stat, [differing]: old!.stat[differing] + 1 };
      const draft = openDraft(logging([], { setOwnerOpen: setOwnerOpen() }), place, 'beside', {
        ...old!,
        stat,
      });
      draft.publish(0, NONE);
      draft.close();
      expect(asked).toEqual([stat.uid]);
    }
    const log: string[] = [];
    const { open } = setUp({ files: logging(log) });
    const draft = open('beside');
    draft.publish(0, NONE);
    draft.close();
    expect(log).not.toContain('owner');
  });
});

describe('a file that is not published', () => {
  test('leaves the old one as it is, and itself for the next copy', () => {
    const { open, path, left, names } = setUp();
    const draft = open('beside');
    fs.writeSync(draft.descriptor, 'half a file');
    draft.close();
    expect(fs.readFileSync(path, 'utf8')).toBe('old');
    expect(left()).toBe(11);
    const next = open('resume');
    expect(next).toMatchObject({ holdsBasis: true, isBlank: false });
    next.publish(4, NONE);
    next.close();
    expect(fs.readFileSync(path, 'utf8')).toBe('half');
    expect(names()).toEqual(['file']);
  });

  test('is discarded by a copy that begins anew', () => {
    const { open, left, path } = setUp();
    const before = openFilesBelow(dirname(path));
    const draft = open('beside');
    fs.writeSync(draft.descriptor, 'half a file');
    draft.close();
    open('beside').close();
    expect(left()).toBe(0);
    expect(openFilesBelow(dirname(path))).toEqual(before);
  });
});

test.each(['beside', 'resume', 'in-place'] as const)(
  'is made by one copy only: another that begins %s fails with COPY_BUSY',
  (where) => {
    const { open, left, path } = setUp();
    const first = open(where === 'in-place' ? 'in-place' : 'beside');
    fs.writeSync(first.descriptor, 'first', 0);
    const sizeBytes = left();
    const before = openFilesBelow(dirname(path));
    for (let tries = 0; tries < 2; tries += 1) {
      expect(() => open(where)).toThrow(expect.objectContaining({ code: 'COPY_BUSY' }));
      expect(openFilesBelow(dirname(path))).toEqual(before);
    }
    expect(left()).toBe(sizeBytes);
    first.close();
    open(where).close();
  },
);

test('what shares its blocks with the old one holds its bytes already', () => {
  const files: FileSystem = {
    ...machine,
    cloneFile(descriptor, directory, name) {
      const to = machine.at.open(directory, name, 'create-file');
      machine.write(to, fs.readFileSync(descriptor), 0);
      machine.close(to);
      return true;
    },
  };
  const draft = setUp({ files }).open('beside');
  expect(draft).toMatchObject({ holdsBasis: true, isBlank: false });
  draft.close();
  const blank = setUp({ files, isThere: false }).open('beside');
  expect(blank).toMatchObject({ holdsBasis: false, isBlank: true });
  blank.close();
});
