import { makeFifo, makeSocket } from '../../support/special-files.js';
import { runProgram, missingPrograms } from '../../support/machine.js';
import * as fs from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { filesWithAt } from '../../support/faulty-files.js';
import { logicalIndex } from '../../support/index-facts.js';
import { createLab, type Lab } from '../../support/lab.js';
import { catFile } from '../../support/by-path.js';

/** `ls -l` of a special file without its path: type, permissions, owner, device, time. */
function listing(path: string): string {
  const line = runProgram('ls', ['-ln', '--time-style=full-iso', path]);
  return line.replace(path, '');
}

/** A fifo and a socket with odd permissions and old times; devices where they can be made. */
async function fill(lab: Lab): Promise<string[]> {
  makeFifo(lab.path('fifo'));
  onTestFinished(await makeSocket(lab.path('socket')));
  const names = ['fifo', 'socket'];
  if (canMakeDevices(lab)) {
    runProgram('mknod', [lab.path('character'), 'c', '4095', '1048575']);
    runProgram('mknod', [lab.path('block'), 'b', '7', '300']);
    names.push('character', 'block');
  }
  for (const [position, name] of names.entries()) {
    fs.chmodSync(lab.path(name), 0o4640 + position);
    runProgram('touch', ['-d', '1999-12-31 23:59:59.123456789', lab.path(name)]);
  }
  return names;
}

function canMakeDevices(lab: Lab): boolean {
  if (missingPrograms('mknod').length > 0) return false;
  try {
    runProgram('mknod', [lab.path('probe'), 'c', '1', '3'], { stdio: 'ignore' });
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
  if (!canMakeDevices(lab)) return context.skip('devices cannot be made here');
  for (const minor of ['1', '2']) {
    fs.rmSync(lab.path('device'), { force: true });
    runProgram('mknod', [lab.path('device'), 'c', '10', minor]);
    runProgram('touch', ['-d', '2001-01-01', lab.path('device')]);
    await lab.backup();
  }
  for (const [snapshot, minor] of [
    [1, 1],
    [2, 2],
  ] as const) {
    const to = lab.newTarget();
    await lab.restore(snapshot, { to });
    expect(runProgram('stat', ['-c', '%t %T', join(to, 'device')])).toBe(`a ${minor}\n`);
  }
});

test('a rebuilt index holds the same special files', async () => {
  const lab = createLab();
  await fill(lab);
  await lab.backup();
  const before = logicalIndex(lab.repository);
  await lab.rebuild();
  expect(logicalIndex(lab.repository)).toEqual(before);
});

test('a file where a fifo was, and a fifo where a directory was', async () => {
  const lab = createLab();
  makeFifo(lab.path('one'));
  lab.write('two/file', 'x');
  await lab.backup();
  fs.rmSync(lab.path('one'));
  lab.write('one', 'now a file');
  lab.remove('two');
  makeFifo(lab.path('two'));
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
