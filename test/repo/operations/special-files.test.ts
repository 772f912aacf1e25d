import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { filesWithAt } from '../../support/faulty-files.js';
import { logicalIndex } from '../../support/index-facts.js';
import { createLab, type Lab } from '../../support/lab.js';
import { catFile } from '../../support/by-path.js';

/** `ls -l` of a special file without its path: type, permissions, owner, device, time. */
function listing(path: string): string {
  const line = execFileSync('ls', ['-ln', '--time-style=full-iso', path], { encoding: 'utf8' });
  return line.replace(path, '');
}

async function makeSocket(path: string): Promise<void> {
  const server = createServer().listen(path);
  await new Promise((resolve) => server.once('listening', resolve));
  onTestFinished(() => void server.close());
}

/** A fifo and a socket with odd permissions and old times; devices where they can be made. */
async function fill(lab: Lab): Promise<string[]> {
  execFileSync('mkfifo', [lab.path('fifo')]);
  await makeSocket(lab.path('socket'));
  const names = ['fifo', 'socket'];
  if (canMakeDevices(lab)) {
    execFileSync('mknod', [lab.path('character'), 'c', '4095', '1048575']);
    execFileSync('mknod', [lab.path('block'), 'b', '7', '300']);
    names.push('character', 'block');
  }
  for (const [position, name] of names.entries()) {
    fs.chmodSync(lab.path(name), 0o4640 + position);
    execFileSync('touch', ['-d', '1999-12-31 23:59:59.123456789', lab.path(name)]);
  }
  return names;
}

function canMakeDevices(lab: Lab): boolean {
  try {
    execFileSync('mknod', [lab.path('probe'), 'c', '1', '3'], { stdio: 'ignore' });
    fs.rmSync(lab.path('probe'));
    return true;
  } catch {
    return false;
  }
}

test('fifos, sockets and devices come back as they were, and none is ever opened', async () => {
  const lab = createLab();
  const names = await fill(lab);
  lab.useFiles(
    filesWithAt((real) => ({
      open(directory, name, mode) {
        expect(names.some((special) => name.endsWith(special))).toBe(false);
        return real.open(directory, name, mode);
      },
    })),
  );
  const { snapshot, issues, files } = await lab.backup();
  expect({ issues, files }).toEqual({ issues: [], files: 0 });
  const to = lab.newTarget();
  const restored = await lab.restore(snapshot!, { to });
  expect(restored).toMatchObject({ issues: [], specials: names.length, directories: 1 });
  for (const name of names) expect(listing(join(to, name))).toBe(listing(lab.path(name)));
  expect(await lab.backup({ skipsIfUnchanged: true })).toMatchObject({ snapshot: undefined });
});

test('a device with another number is another version', async (context) => {
  const lab = createLab();
  if (!canMakeDevices(lab)) return context.skip('needs to make devices');
  for (const minor of ['1', '2']) {
    fs.rmSync(lab.path('device'), { force: true });
    execFileSync('mknod', [lab.path('device'), 'c', '10', minor]);
    execFileSync('touch', ['-d', '2001-01-01', lab.path('device')]);
    await lab.backup();
  }
  for (const [snapshot, minor] of [
    [1, 1],
    [2, 2],
  ] as const) {
    const to = lab.newTarget();
    await lab.restore(snapshot, { to });
    expect(execFileSync('stat', ['-c', '%t %T', join(to, 'device')]).toString()).toBe(
      `a ${minor}\n`,
    );
  }
});

test('an index made anew holds the same special files', async () => {
  const lab = createLab();
  await fill(lab);
  await lab.backup();
  const before = logicalIndex(lab.repository);
  await lab.rebuild();
  expect(logicalIndex(lab.repository)).toEqual(before);
});

test('a file where a fifo was, and a fifo where a directory was', async () => {
  const lab = createLab();
  execFileSync('mkfifo', [lab.path('one')]);
  lab.write('two/file', 'x');
  await lab.backup();
  fs.rmSync(lab.path('one'));
  lab.write('one', 'now a file');
  lab.remove('two');
  execFileSync('mkfifo', [lab.path('two')]);
  const { snapshot } = await lab.backup();
  const types = (tree: Awaited<ReturnType<Lab['treeAt']>>) =>
    [...tree].map(([path, { type }]) => `${path}:${type}`);
  expect(types(await lab.treeAt(1))).toEqual([
    ':directory',
    'one:other',
    'two:directory',
    'two/file:file',
  ]);
  expect(types(await lab.treeAt(snapshot!))).toEqual([':directory', 'one:file', 'two:other']);
});

test.each([
  ['fifo', 'a fifo'],
  ['socket', 'a socket'],
])('cat says that a %s is no file', async (name, noun) => {
  const lab = createLab();
  await fill(lab);
  await lab.backup();
  const path = lab.path(name);
  const at = { type: 'latest' } as const;
  await expect(
    catFile(lab.repository, lab.platform, { path, at, write: () => undefined }),
  ).rejects.toMatchObject({ code: 'NOT_A_FILE', message: `${path} is ${noun}, not a file.` });
});
