/** Who finds a repository without knowing Varve can read what it is. */
import * as fs from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { keepReadme } from '../../../src/repo/repository/readme.js';
import { faultyFiles, systemError } from '../../support/faulty-files.js';
import { createInProcess } from '../../support/in-process.js';
import { createLab, type Lab } from '../../support/lab.js';
import { openFilesBelow } from '../../support/open-files.js';

const readmeOf = ({ repository }: Lab): string => join(repository, 'README.txt');

test('a new repository says what it is, with the permissions of its other files', () => {
  const lab = createLab();
  const text = fs.readFileSync(readmeOf(lab), 'utf8');
  expect(text).toMatch(/^This directory is a backup repository, made by Varve\.\n/);
  expect(text).toContain('docs/format.md');
  expect(text).toMatch(/^[\n -~]*\n$/);
  expect(text.split('\n').every((line) => line.length <= 80)).toBe(true);
  const { mode } = fs.statSync(join(lab.repository, 'varve.json'));
  expect(fs.statSync(readmeOf(lab)).mode).toBe(mode);
});

test('every command in it does what it says', async () => {
  const { run, write, root } = createInProcess();
  write({ 'tree/file': 'bytes' });
  await run(['-r', 'store', 'init']);
  await run(['-r', 'store', 'backup', 'tree']);
  const text = fs.readFileSync(join(root, 'store/README.txt'), 'utf8');
  const commands = text.split('\n').filter((line) => line.startsWith('    varve '));
  expect(commands.length).toBeGreaterThan(3);
  for (const command of commands) {
    const words = command.trim().replace('NEW-DIRECTORY', 'back').replace('DIRECTORY', 'store');
    const { code, stdout } = await run(words.split(' ').slice(1));
    expect(code, command).toBe(0);
    expect(stdout, command).not.toBe('');
  }
  expect(fs.readFileSync(join(root, 'back/file'), 'utf8')).toBe('bytes');
});

describe('the next run that writes', () => {
  test('makes it where it is missing, and leaves what somebody made of it', async () => {
    const lab = createLab();
    const text = fs.readFileSync(readmeOf(lab), 'utf8');
    fs.rmSync(readmeOf(lab));
    await lab.backup();
    expect(fs.readFileSync(readmeOf(lab), 'utf8')).toBe(text);
    fs.writeFileSync(readmeOf(lab), 'Mother’s photographs');
    await lab.backup();
    expect(fs.readFileSync(readmeOf(lab), 'utf8')).toBe('Mother’s photographs');
  });

  test.each(['ENOSPC', 'EACCES', 'EROFS'])('does without where that fails: %s', async (code) => {
    const lab = createLab();
    fs.rmSync(readmeOf(lab));
    let isHit = false;
    lab.useFiles(
      faultyFiles(({ name, path }) => {
        if (name !== 'write' || !path.endsWith('README.txt')) return undefined;
        isHit = true;
        return { type: 'throw', error: systemError(code) };
      }),
    );
    expect((await lab.backup()).snapshot).toBe(1);
    expect(isHit).toBe(true);
    expect(fs.existsSync(readmeOf(lab))).toBe(false);
  });
});

test('an attempt to make a repository that died with it can be made again', async () => {
  const lab = createLab();
  fs.rmSync(join(lab.repository, 'varve.json'));
  const { run } = createInProcess();
  expect((await run(['-r', lab.repository, 'init'])).code).toBe(0);
});

test('a bug while it is made is told, and half a text does not stay', () => {
  const lab = createLab();
  fs.rmSync(readmeOf(lab));
  const write = (): never => {
    throw new TypeError('a bug');
  };
  const files = { ...lab.platform.files, write };
  expect(() => keepReadme(lab.repository, { files })).toThrow('a bug');
  expect(fs.existsSync(readmeOf(lab))).toBe(false);
  expect(openFilesBelow(lab.repository)).toEqual([]);
});

test('it is for whom the other files are, and closed once it is written', () => {
  const lab = createLab();
  fs.rmSync(readmeOf(lab));
  fs.chmodSync(join(lab.repository, 'varve.json'), 0o664);
  keepReadme(lab.repository, lab.platform);
  expect(fs.statSync(readmeOf(lab)).mode & 0o777).toBe(0o664);
  expect(openFilesBelow(lab.repository)).toEqual([]);
});
