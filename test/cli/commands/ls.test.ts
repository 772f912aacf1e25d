/** What `varve ls` asks for, and what it shows of each entry. */
import { beforeEach, expect, test, vi } from 'vitest';
import { lsCommand } from '../../../src/cli/commands/ls.js';
import type { Listing } from '../../../src/store.js';
import { runCommand, STAND_IN, type RunSettings } from '../../support/command-run.js';

const { listEntries } = vi.hoisted(() => ({
  listEntries: vi.fn<(...args: unknown[]) => Promise<Listing>>(),
}));
vi.mock('../../../src/store.js', async (load) => ({ ...(await load<object>()), listEntries }));
vi.stubEnv('TZ', 'UTC');

const entry = (path: string, version: object, attributes?: object): object => ({
  path,
  attributes,
  version: {
    ...{ type: 1, mode: 0o4755, uid: 10, gid: 20, sizeBytes: 1234, rdev: 0, link: undefined },
    ...{ mtime: { seconds: 1_000_000_000, nanoseconds: 5 }, btime: undefined },
    ...version,
  },
});
const ENTRIES = [
  entry('/r/file\xff', {}),
  entry(
    '/r/link',
    { type: 3, mode: 0o777, sizeBytes: 0, link: 'to\xfe', btime: { seconds: 1, nanoseconds: 2 } },
    { user: 'ada', group: 'st\x1b', flags: 16, xattrs: [{ name: 'user.a', value: 'v' }] },
  ),
  entry(
    '/r/disk',
    { type: 7, mode: 0o660, rdev: 8 * 2 ** 20 + 3 },
    {
      ...{ user: '', group: '', flags: 0, xattrs: [] },
    },
  ),
];

beforeEach(() => {
  listEntries.mockReset().mockResolvedValue({
    ...{ snapshot: 3, isEvident: false, entries: ENTRIES, close: () => undefined },
    source: { id: 4, host: 'h', roots: ['/r'] },
  } as unknown as Listing);
});

const run = (args: readonly string[] = [], settings?: RunSettings) =>
  runCommand('ls', lsCommand, args, settings);

test.each([
  [[], { path: undefined }],
  [['x'], { path: 'x' }],
  [['x', '-R'], { path: 'x', isRecursive: true }],
  [['x', '--last-seen'], { path: 'x', isLastSeen: true }],
  [['--at', '2'], { path: undefined, at: { type: 'snapshot', number: 2 } }],
  [['--source', '4', '-l'], { path: undefined, source: { type: 'number', id: 4 } }],
])('%j is asked for as that', async (args, asked) => {
  const { code, opened } = await run(args);
  expect({ code, opened }).toEqual({ code: 0, opened: ['read'] });
  const usual = { at: { type: 'latest' }, isLastSeen: false, isRecursive: false };
  expect(listEntries).toHaveBeenCalledExactlyOnceWith(STAND_IN, { ...usual, ...asked });
});

test('names alone, or lines as those of ls -l', async () => {
  const said = ['notice: From snapshot 3 of source 4, h:/r.'];
  expect(await run()).toMatchObject({ stdout: '/r/file\\xff\n/r/link\n/r/disk\n', said });
  const time = '2001-09-09 01:46:40';
  expect(await run(['-l'])).toMatchObject({
    said,
    stdout: [
      `-rwsr-xr-x 10       20              1234 ${time} /r/file\\xff`,
      `lrwxrwxrwx ada      st\\x1b             0 ${time} /r/link -> to\\xfe`,
      `brw-rw---- 10       20              8, 3 ${time} /r/disk`,
      '',
    ].join('\n'),
  });
});

test('a document has every field of every entry, and the bytes of names that are not text', async () => {
  const { stdout, said } = await run(['-l'], { isJson: true });
  expect(said).toEqual([]);
  const mtime = '2001-09-09T01:46:40.000000005+00:00';
  const owner = { uid: 10, gid: 20, mtime };
  const unknown = { user: null, group: null, flags: null, xattrs: null };
  expect(JSON.parse(stdout)).toEqual({
    snapshot: 3,
    source: 4,
    entries: [
      {
        path: '/r/file\\xff',
        path_base64: Buffer.from('/r/file\xff', 'latin1').toString('base64'),
        ...{ type: 'file', size: 1234, mode: '4755', ...owner, ...unknown, btime: null },
      },
      {
        ...{ path: '/r/link', type: 'symlink', size: 0, mode: '0777', ...owner },
        ...{ user: 'ada', group: 'st\x1b', flags: 'i', xattrs: ['user.a'] },
        ...{ btime: '1970-01-01T00:00:01.000000002+00:00', link: 'to\\xfe' },
      },
      {
        ...{ path: '/r/disk', type: 'block_device', size: 1234, mode: '0660', ...owner },
        ...{ user: null, group: null, flags: '', xattrs: [], btime: null },
      },
    ],
  });
});
