/** What the first backup of a source tells: where the repository lies, and which source it resembles. */
import * as fs from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { bytesFromText } from '../../../../src/platform/bytes.js';
import type { Source } from '../../../../src/repo/index/sources.js';
import type { ContentRef } from '../../../../src/repo/model.js';
import {
  countKnownContents,
  describePlace,
  describeResemblance,
} from '../../../../src/repo/operations/backup/first-backup.js';
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
    expect(first.notices[0]!.message).toMatch(/\d (GiB|MiB) free/);
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

describe('the contents of a backup', () => {
  const content = (text: string): ContentRef =>
    text === 'none'
      ? { type: 'none' }
      : text.startsWith('c')
        ? { type: 'content', content: Number(text.slice(1)) }
        : { type: 'blob', blob: Number(text.slice(1)) };

  // The repository had the blobs 1 to 10, and the contents 1 to 3.
  test.each<[string, string, number, number, boolean]>([
    ['nothing', '', 0, 0, false],
    ['no bytes', 'none none', 0, 0, false],
    ['the last blob', 'b10', 1, 1, true],
    ['the next blob', 'b11', 0, 1, false],
    ['the last content', 'c3', 1, 1, true],
    ['the next content, of a number that a blob has', 'c4', 0, 1, false],
    ['half of them', 'b1 b11', 1, 2, false],
    ['more than half', 'b1 c1 b11', 2, 3, true],
    ['half of those that have bytes', 'b1 b11 none none', 1, 2, false],
    ['the same one twice', 'b1 b1', 2, 2, true],
  ])('%s', (_, list, known, total, areMost) => {
    const last = (name: string): number => ({ blob: 10, content: 3 })[name] ?? 0;
    const counters = { last } as Parameters<typeof countKnownContents>[0]['counters'];
    const contents = countKnownContents({ counters });
    for (const text of list.split(' ').filter(Boolean)) contents.add(content(text));
    const { known: found, total: all, areMost: most } = contents;
    expect({ known: found, total: all, areMost: most }).toEqual({ known, total, areMost });
  });
});

describe('a new source resembles', () => {
  const sourceOf = (id: number, text: string): Source => {
    const [host = '', ...roots] = text.split(' ');
    return { id, host, roots: roots.map(bytesFromText) };
  };
  const resemblanceOf = (
    source: string,
    others: readonly string[],
    { total = 2, without = 0 }: { total?: number; without?: number } = {},
  ) => {
    const own = sourceOf(99, source);
    const all = [...others.map((text, i) => sourceOf(i + 1, text)), own];
    const index = {
      sources: { all: () => all },
      snapshots: { latest: (id: number) => (id === without ? undefined : {}) },
    } as unknown as Parameters<typeof describeResemblance>[0];
    const contents = { add: () => undefined, areMost: true, known: total, total };
    return describeResemblance(index, own, contents);
  };
  const like = (source: string, ...others: string[]) =>
    /in source (\d+),/.exec(resemblanceOf(source, others)?.message ?? '')?.[1];

  test.each<[string, string, string[], string | undefined]>([
    ['none, where there is no other', 'h /a', [], undefined],
    ['none that has neither its host nor its names', 'h /a', ['i /b'], undefined],
    ['one of its host', 'h /a', ['h /b'], '1'],
    ['one of its names, wherever they lie', 'h /a', ['i /x/a'], '1'],
    ['none that lacks a name', 'h /a /b', ['i /a'], undefined],
    ['one that has more names', 'h /a', ['i /x/a /y'], '1'],
    ['rather one of its names than of its host', 'h /a', ['h /b', 'i /x/a'], '2'],
    ['rather one with just its names than with more', 'h /a', ['i /x/a /y', 'i /x/a'], '2'],
    ['rather one with a path of its own', 'h /a', ['i /a', 'i /x/a'], '1'],
    ['rather one with all its paths', 'h /a /b', ['i /a /x/b', 'i /a /b', 'i /b /x/a'], '2'],
    ['of equal ones the newer', 'h /a', ['i /a', 'j /a', 'k /x/a'], '2'],
  ])('%s', (_, source, others, expected) => {
    expect(like(source, ...others)).toBe(expected);
  });

  test('one that has a snapshot, and not itself', () => {
    expect(resemblanceOf('h /a', ['h /b'], { without: 1 })).toBeUndefined();
    expect(resemblanceOf('h /a', [])).toBeUndefined();
  });

  test('and is told how to go on with its history', () => {
    expect(resemblanceOf('h /a', ['i /a'])).toEqual({
      code: 'SOURCE_RESEMBLES',
      message:
        'h:/a is a new source, and begins without history; 2 of 2 files have known contents, ' +
        'as in source 1, i:/a. If it is that source, back up with --host i, and its history goes on.',
      paths: ['/a'],
    });
    const other = resemblanceOf('h /a', ['h /a /b'], { total: 1 });
    expect(other?.message).toContain('1 of 1 file has known contents');
    expect(other?.message).toContain('name the same paths as before');
    expect(resemblanceOf('h /a /b', ['h /a'])?.message).toContain('name the same paths as before');
  });
});

describe('the notice of where the repository lies', () => {
  const GIB = 2 ** 30;
  const noticeFor = (freeBytes: number, devices: Record<string, number | undefined> = {}) => {
    const lab = createLab();
    const { files } = lab.platform;
    lab.useFiles({
      ...files,
      freeBytes: () => freeBytes,
      stat(path) {
        const [, name = ''] = /([^/]*)$/.exec(path) ?? [];
        const found = files.stat(path);
        if (!(name in devices) || !found) return found;
        const device = devices[name];
        return device === undefined ? undefined : { ...found, device };
      },
    });
    for (const name of ['one', 'two']) lab.write(`${name}/file`, 'x');
    const roots = ['one', 'two', 'missing'].map((name) => lab.bytes(name));
    const held = { path: lab.repository, platform: lab.platform };
    const notice = describePlace(held as Parameters<typeof describePlace>[0], {
      id: 1,
      host: 'lab',
      roots,
    });
    return { ...notice, paths: notice.paths.map((path) => path.slice(lab.bytes().length + 1)) };
  };

  test.each([
    [GIB - 1, '1023 MiB free'],
    [GIB, '1.0 GiB free'],
    [2 ** 20 - 1, '0 MiB free'],
    [1.55 * 1024 * GIB, '1587.2 GiB free'],
  ])('%d bytes are %s', (bytes, text) => {
    expect(noticeFor(bytes).message).toContain(text);
  });

  test('names the paths on its disk that can be seen; of an unknown disk there are none', () => {
    expect(noticeFor(GIB)).toMatchObject({ code: 'SAME_DISK', paths: ['one', 'two'] });
    expect(noticeFor(GIB, { one: 987_654 })).toMatchObject({ code: 'SAME_DISK', paths: ['two'] });
    expect(noticeFor(GIB, { repository: undefined })).toEqual({
      code: 'FREE_SPACE',
      message: 'The disk of the repository has 1.0 GiB free.',
      paths: [],
    });
  });
});
