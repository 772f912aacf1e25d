/** What the first backup of a source tells: where the repository lies, and which source it resembles. */
import * as fs from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { bytesFromText } from '../../../../src/platform/bytes.js';
import { createLab, type Lab } from '../../../support/lab.js';
import { mountOn } from '../../../support/mounts.js';

type Done = Awaited<ReturnType<Lab['backup']>>;
const codes = ({ notices }: Done): string[] => notices.map(({ code }) => code);

describe('where the repository lies', () => {
  test('on the disk of the source is said once, with the space that is free', async () => {
    const lab = createLab();
    lab.write('file', 'abc');
    const first = await lab.backup();
    expect(first.notices).toMatchObject([
      { code: 'SAME_DISK', paths: [bytesFromText(lab.source)] },
    ]);
    expect(first.notices[0]!.message).toMatch(/\d (GiB|MiB) are free where the repository lies\./);
    expect(codes(await lab.backup())).toEqual([]);
  });

  test('on another disk is not, but the space that is free', async () => {
    const lab = createLab();
    mountOn(lab.path('other'), '-t', 'tmpfs', 'tmpfs');
    lab.write('other/file', 'abc');
    expect(codes(await lab.backup({ paths: [lab.path('other')] }))).toEqual(['FREE_SPACE']);
  });

  test('is told of the paths that are on its disk', async () => {
    const lab = createLab();
    mountOn(lab.path('other'), '-t', 'tmpfs', 'tmpfs');
    lab.write('other/file', 'abc');
    lab.write('here/file', 'abc');
    const { notices } = await lab.backup({ paths: [lab.path('other'), lab.path('here')] });
    expect(notices).toMatchObject([{ code: 'SAME_DISK', paths: [lab.bytes('here')] }]);
  });
});

describe('a new source', () => {
  async function prepare(): Promise<Lab> {
    const lab = createLab();
    for (const name of ['a', 'b', 'c', 'd']) lab.write(`docs/${name}`, `of ${name}`);
    await lab.backup({ paths: [lab.path('docs')] });
    return lab;
  }
  const hint = ({ notices }: Done): string | undefined =>
    notices.find(({ code }) => code === 'SOURCE_RESEMBLES')?.message;

  test('with the paths of another host is told how to go on', async () => {
    const lab = await prepare();
    const done = await lab.backup({ paths: [lab.path('docs')], host: 'container-2' });
    expect(hint(done)).toContain('--host lab');
    expect(hint(done)).toContain('4 of 4 files');
    expect(hint(await lab.backup({ paths: [lab.path('docs')], host: 'container-2' }))).toBe(
      undefined,
    );
  });

  test('that is a directory that moved, or a list that grew, is told of', async () => {
    const lab = await prepare();
    lab.write('new', 'new');
    const grown = await lab.backup({ paths: [lab.path('docs'), lab.path('new')] });
    expect(hint(grown)).toContain('source 1');
    fs.mkdirSync(join(lab.directory, 'elsewhere'));
    fs.renameSync(lab.path('docs'), join(lab.directory, 'elsewhere/docs'));
    const moved = await lab.backup({ paths: [join(lab.directory, 'elsewhere/docs')] });
    expect(hint(moved)).toContain('source 1');
    const renamed = join(lab.directory, 'elsewhere/papers');
    fs.renameSync(join(lab.directory, 'elsewhere/docs'), renamed);
    expect(hint(await lab.backup({ paths: [renamed] }))).toContain('is a new source');
  });

  test('with other contents, or with nothing in common but these, is not', async () => {
    const lab = await prepare();
    for (const name of ['e', 'f', 'g']) lab.write(`other/${name}`, `of ${name}`);
    lab.write('other/a', 'of a');
    expect(hint(await lab.backup({ paths: [lab.path('other')] }))).toBe(undefined);
    fs.renameSync(lab.path('docs'), lab.path('papers'));
    const foreign = await lab.backup({ paths: [lab.path('papers')], host: 'another' });
    expect(hint(foreign)).toBe(undefined);
  });

  test('in an empty repository, or without a byte, is not', async () => {
    const lab = createLab();
    lab.write('empty', '');
    expect(hint(await lab.backup())).toBe(undefined);
    expect(hint(await lab.backup({ host: 'other' }))).toBe(undefined);
  });
});
