/** What a file looks like that takes another's place, and where a new one is made. */
import * as fs from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { draftNew, draftReplacement } from '../../../src/rdiff/files/draft.js';
import { statPath } from '../../../src/platform/plain-files.js';
import { scratchDirectory } from '../../support/directory.js';
import { openFilesBelow } from '../../support/open-files.js';
import { isSuperuser, skip } from '../../support/machine.js';

/** Replaces the file at `path` by one with other bytes. */
function replace(path: string): void {
  const draft = draftReplacement(path, statPath(path)!);
  fs.writeSync(draft.descriptor, 'new');
  draft.finish();
  draft.publish();
  expect(fs.readFileSync(path, 'utf8')).toBe('new');
}

// The system takes the bits that give rights away from a file whose owner is set, and from one that
// anybody but root writes to: a result has them where it would have them if it were written in place.
test.each(['600', '640', '755', '444', '4755', '2750', '6711', '1644'])(
  'a file of mode %s keeps what writing to it leaves',
  (mode) => {
    const directory = scratchDirectory();
    const [path, inPlace] = [join(directory, 'file'), join(directory, 'in place')];
    for (const one of [path, inPlace]) {
      fs.writeFileSync(one, 'old', { mode: 0o600 });
      const descriptor = fs.openSync(one, 'r+');
      fs.chmodSync(one, parseInt(mode, 8));
      if (one === inPlace) fs.writeSync(descriptor, 'new');
      fs.closeSync(descriptor);
    }
    replace(path);
    const modeOf = (one: string): string => (fs.statSync(one).mode & 0o7777).toString(8);
    expect(modeOf(path)).toBe(modeOf(inPlace));
    expect(modeOf(path).slice(-3)).toBe(mode.slice(-3));
    expect(fs.readdirSync(directory).sort()).toEqual(['file', 'in place']);
  },
);

test.each([
  ['of another user', 65_534, 65_533],
  ['of another group', 0, 65_533],
  ['of ours', 0, 0],
])('a file %s keeps owner and group', (_, uid, gid) => {
  if (!isSuperuser) skip('only root gives files away');
  const path = join(scratchDirectory(), 'file');
  fs.writeFileSync(path, 'old');
  fs.chownSync(path, uid, gid);
  for (const mode of [0o640, 0o6751]) {
    fs.chmodSync(path, mode);
    replace(path);
    expect(fs.statSync(path)).toMatchObject({ uid, gid });
    expect(fs.statSync(path).mode & 0o7777).toBe(mode);
  }
});

test('through a link the file that it names is replaced or made, and the link stays', () => {
  const directory = scratchDirectory();
  const [path, link] = [join(directory, 'file'), join(directory, 'link')];
  fs.symlinkSync('file', link);
  const draft = draftNew(link);
  fs.writeSync(draft.descriptor, 'made');
  draft.finish();
  draft.publish();
  expect(fs.readFileSync(path, 'utf8')).toBe('made');
  replace(link);
  expect(fs.readlinkSync(link)).toBe('file');
  expect(fs.readdirSync(directory).sort()).toEqual(['file', 'link']);
});

test('a new file is not put over one that came meanwhile, and leaves nothing', () => {
  const path = join(scratchDirectory(), 'file');
  const draft = draftNew(path);
  draft.finish();
  fs.writeFileSync(path, 'came');
  expect(() => draft.publish()).toThrow('EEXIST');
  draft.discard();
  expect(fs.readFileSync(path, 'utf8')).toBe('came');
  expect(fs.readdirSync(join(path, '..'))).toEqual(['file']);
});

test('a discarded draft leaves what was there', () => {
  const path = join(scratchDirectory(), 'file');
  fs.writeFileSync(path, 'old');
  draftReplacement(path, statPath(path)!).discard();
  expect(fs.readFileSync(path, 'utf8')).toBe('old');
  expect(fs.readdirSync(join(path, '..'))).toEqual(['file']);
});

/** The module over a file system with other calls. */
async function draftsOver(calls: object): Promise<{ draftReplacement: typeof draftReplacement }> {
  vi.resetModules();
  const { openFileSystem } = await import('../../../src/platform/files.js');
  vi.doMock('../../../src/platform/files.js', () => ({
    openFileSystem: () => Object.assign(Object.create(openFileSystem()) as object, calls),
  }));
  onTestFinished(() => {
    vi.doUnmock('../../../src/platform/files.js');
    vi.resetModules();
  });
  return import('../../../src/rdiff/files/draft.js');
}

test('what takes the place of a file is durable before it does, and then its name', async () => {
  const directory = scratchDirectory();
  const path = join(directory, 'file');
  fs.writeFileSync(path, 'old');
  const order: string[] = [];
  const { draftReplacement: draft } = await draftsOver({
    sync: (descriptor: number) => {
      order.push('sync');
      fs.fsyncSync(descriptor);
    },
    rename: (from: string, to: string) => {
      order.push('rename');
      fs.renameSync(from, to);
    },
    syncDirectory: (of: string) => void order.push(`sync ${of}`),
  });
  const replacement = draft(path, statPath(path)!);
  replacement.finish();
  replacement.publish();
  expect(order).toEqual(['sync', 'rename', `sync ${directory}`]);
});

test.each([
  ['setOwner', 'EPERM', true],
  ['setOwner', 'EIO', false],
  ['setMode', 'EIO', false],
] as const)(
  'where %s fails by %s a draft is made: %s; else nothing is left of it',
  async (call, code, isMade) => {
    const directory = scratchDirectory();
    const path = join(directory, 'file');
    fs.writeFileSync(path, 'old');
    const { draftReplacement: draft } = await draftsOver({
      [call]: () => {
        throw Object.assign(new Error(code), { code });
      },
    });
    const make = () => draft(path, statPath(path)!);
    if (isMade) make().discard();
    else
      expect(make).toThrow(
        expect.objectContaining({
          code: 'RDIFF_IO',
          message: `Error opening "${path}" for write: ${code}`,
        }),
      );
    expect(fs.readdirSync(directory)).toEqual(['file']);
    expect(openFilesBelow(directory)).toEqual([]);
  },
);
