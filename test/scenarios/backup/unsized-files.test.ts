import * as fs from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { AtCalls, FileStat } from '../../../src/platform/at-calls.js';
import { openFileSystem, type FileSystem } from '../../../src/platform/files.js';
import { backupOf, createLab, type Lab } from '../../support/lab.js';
import { runProgram } from '../../support/machine.js';
import { bindFile, mountOn } from '../../support/mounts.js';
import { diffLive, explainPath, findContent } from '../../support/by-path.js';

const FUSE = 0x65735546;

/** A file system that says of every file that it has 0 bytes, as many in user space do. */
function unsizedFiles(more: Partial<FileSystem> = {}, type = FUSE): FileSystem {
  const real = openFileSystem();
  const without = (stat: FileStat): FileStat =>
    stat.type === 'file' ? { ...stat, sizeBytes: 0, allocatedBytes: 0 } : stat;
  const at: AtCalls = {
    ...real.at,
    stat(directory, name) {
      const stat = real.at.stat(directory, name);
      return stat && without(stat);
    },
    statOpen: (descriptor) => without(real.at.statOpen(descriptor)),
    fileSystemType: () => type,
  };
  return { ...real, at, ...more };
}

async function restored(lab: Lab, snapshot: number): Promise<string> {
  const to = lab.newTarget();
  lab.useRealFiles();
  await lab.restore(snapshot, { to });
  return to;
}

test.each([
  '/proc/version',
  '/proc/sys/kernel/ostype',
  '/proc/self/cmdline',
  '/sys/kernel/mm/transparent_hugepage/enabled',
  '/sys/kernel/notes',
])('what is saved of %s is what cat shows', async (path) => {
  if (!fs.existsSync(path)) return;
  const lab = createLab();
  const { snapshot, issues } = await backupOf(lab, { paths: [path] });
  expect(issues).toEqual([]);
  const to = await restored(lab, snapshot!);
  const saved = fs.readFileSync(
    fs.statSync(to).isDirectory() ? join(to, fs.readdirSync(to)[0]!) : to,
  );
  expect(saved.equals(fs.readFileSync(path))).toBe(true);
});

describe('files that say they have 0 bytes', () => {
  test('are saved whole: small, empty, and longer than what is read whole', async () => {
    const lab = createLab({ chunking: { whole_file_bytes: 6000 } });
    const contents = { small: 'abc', empty: '', 'deep/long': 'line\n'.repeat(4000) };
    for (const [name, content] of Object.entries(contents)) lab.write(name, content);
    lab.useFiles(unsizedFiles());
    const { snapshot, issues, bytes } = await backupOf(lab);
    expect(issues).toEqual([]);
    expect(bytes).toBe(20_003);
    const to = await restored(lab, snapshot!);
    for (const [name, content] of Object.entries(contents)) {
      expect(fs.readFileSync(join(to, name), 'utf8')).toBe(content);
    }
    expect(await lab.verify()).toMatchObject({ damage: [] });
  });

  test('are read on a file system of any type', async () => {
    const lab = createLab();
    lab.write('file', 'abc');
    lab.useFiles(unsizedFiles({}, 0x6969));
    const { snapshot } = await backupOf(lab);
    expect(fs.readFileSync(join(await restored(lab, snapshot!), 'file'), 'utf8')).toBe('abc');
  });

  test('are read each time, since their state tells nothing', async () => {
    const lab = createLab();
    lab.write('file', 'before');
    const { mtime } = fs.statSync(lab.path('file'));
    lab.runAhead();
    lab.useFiles(unsizedFiles());
    await backupOf(lab);
    expect(await backupOf(lab)).toMatchObject({ filesUnchanged: 1, bytesRead: 6 });
    fs.writeFileSync(lab.path('file'), 'behind');
    fs.utimesSync(lab.path('file'), mtime, mtime);
    expect(await backupOf(lab)).toMatchObject({ filesChanged: 1 });
  });

  test('keep their last version when they do not end, and are reported', async () => {
    const lab = createLab();
    lab.write('file', 'abc');
    lab.write('other', 'other');
    lab.useFiles(unsizedFiles());
    await backupOf(lab);
    const error = Object.assign(new Error('it did not end'), { code: 'EFBIG' });
    lab.useFiles(
      unsizedFiles({
        readToEnd() {
          throw error;
        },
      }),
    );
    const { snapshot, issues, files } = await backupOf(lab);
    expect(issues.map(({ code }) => code)).toEqual(['UNREADABLE', 'UNREADABLE']);
    expect(files).toBe(2);
    expect(fs.readFileSync(join(await restored(lab, snapshot!), 'file'), 'utf8')).toBe('abc');
  });

  test('are compared, explained and found by what they hold', async () => {
    const lab = createLab();
    lab.write('file', 'abc');
    lab.write('empty', '');
    lab.useFiles(unsizedFiles());
    const { repository, platform } = lab;
    await backupOf(lab);
    const changes = async () =>
      (await diffLive(repository, platform, { from: { type: 'latest' }, readsAll: false })).changes;
    expect(await changes()).toEqual([]);
    const explained = await explainPath(repository, platform, { path: lab.path('file') });
    expect(explained.causes).toEqual(['unsized']);
    const found = await findContent(repository, platform, { file: lab.path('file') });
    expect(found.map(({ path }) => path)).toEqual([lab.bytes('file')]);
    const { mtime } = fs.statSync(lab.path('file'));
    fs.writeFileSync(lab.path('file'), 'xyz');
    fs.utimesSync(lab.path('file'), mtime, mtime);
    expect(await changes()).toMatchObject([{ path: lab.bytes('file'), change: 'modified' }]);
  });
});

describe('pseudo file systems', () => {
  test('are left out where they are mounted, and said once', async () => {
    const lab = createLab();
    lab.write('file', 'abc');
    mountOn(lab.path('proc'), '-t', 'proc', 'proc');
    mountOn(lab.path('dir/sys'), '-t', 'sysfs', 'sysfs');
    mountOn(lab.path('pts'), '-t', 'devpts', 'devpts');
    mountOn(lab.path('tmp'), '-t', 'tmpfs', 'tmpfs');
    lab.write('tmp/kept', 'kept');
    bindFile('/proc/self/ns/net', lab.path('namespace'));
    const { files, issues, notices } = await backupOf(lab);
    expect({ files, issues }).toEqual({ files: 2, issues: [] });
    expect(notices.map(({ code }) => code)).toEqual(['PSEUDO_FILE_SYSTEM']);
    const names = ['dir/sys', 'namespace', 'proc', 'pts'];
    expect(notices[0]!.paths).toEqual(names.map((name) => lab.bytes(name)));
    expect(notices[0]!.message).toContain('(proc)');
    const { changes } = await diffLive(lab.repository, lab.platform, {
      from: { type: 'latest' },
      readsAll: false,
    });
    // The kernel gives the mounted directories new times.
    expect(changes.filter(({ change }) => change !== 'metadata')).toEqual([]);
    const outcome = await explainPath(lab.repository, lab.platform, {
      path: lab.path('proc/version'),
    });
    expect(outcome.outcome).toMatchObject({
      type: 'left-out',
      reason: { type: 'pseudo-file-system', name: 'proc' },
    });
  });

  test('are backed up where they are named', async () => {
    const lab = createLab();
    mountOn(lab.path('proc'), '-t', 'proc', 'proc');
    const path = lab.path('proc/sys/kernel/random');
    const { snapshot, notices } = await backupOf(lab, { paths: [path] });
    expect(notices).toEqual([]);
    const to = await restored(lab, snapshot!);
    expect(fs.readFileSync(join(to, 'poolsize'), 'utf8')).toBe(
      runProgram('cat', [join(path, 'poolsize')]),
    );
  });

  test('are not spoken of where only one file system is asked for', async () => {
    const lab = createLab();
    mountOn(lab.path('proc'), '-t', 'proc', 'proc');
    const { notices } = await backupOf(lab, { filter: { staysOnFileSystem: true } });
    expect(notices).toEqual([]);
  });
});

test('a file of 0 bytes that grows while it is read is saved as it is then', async () => {
  const lab = createLab();
  lab.write('log', '');
  const real = openFileSystem();
  lab.useFiles({
    ...real,
    readToEnd(descriptor) {
      const bytes = real.readToEnd(descriptor);
      fs.writeFileSync(lab.path('log'), 'first line');
      return bytes;
    },
  });
  const { snapshot } = await backupOf(lab);
  expect(fs.readFileSync(join(await restored(lab, snapshot!), 'log'), 'utf8')).toBe('first line');
});
