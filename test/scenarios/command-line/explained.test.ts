/** Every outcome, reason and cause that an explanation can have, in words and in the document. */
import { beforeAll, expect, test, vi } from 'vitest';
import { explainPath } from '../../../src/repo/operations/queries/explain/explain.js';
import { bytesFromText, type ByteString } from '../../../src/platform/bytes.js';
import { createInProcess } from '../../support/in-process.js';

vi.mock(import('../../../src/repo/operations/queries/explain/explain.js'), async (original) => ({
  ...(await original()),
  explainPath: vi.fn(),
}));
const explained = vi.mocked(explainPath);
const { run, json } = createInProcess();

const PATH = '/tree/caf\xc3\xa9' as ByteString;
const SHOWN = '/tree/café';

beforeAll(() => run(['init']));

type Explanation = Awaited<ReturnType<typeof explainPath>>;

/** What is said below the name, and the document beside what all have. */
async function told(explanation: object): Promise<{ lines: string[]; document: object }> {
  const given = { path: PATH, source: { id: 3 }, isEvident: true, issues: [], ...explanation };
  explained.mockResolvedValue(given as unknown as Explanation);
  const { code, stdout, stderr } = await run(['explain', 'x']);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const [name, ...lines] = stdout.trimEnd().split('\n');
  expect(name).toBe(SHOWN);
  for (const line of lines) expect(line).toMatch(/^ {2}\S/);
  const { path, source, issues, ...document } = await json('explain', 'x');
  expect({ path, source, issues }).toEqual({ path: SHOWN, source: 3, issues: [] });
  return { lines: lines.map((line) => line.trimStart()), document };
}

const marker = '/tree/MARK' as ByteString;
const rule = (type: string, origin?: object): object => ({
  type: 'rule',
  rule: { type, pattern: '*.o', origin },
});
const origin = { file: '/tree/.varveignore', line: 7 };

test.each([
  [
    rule('exclude'),
    "by --exclude '*.o'",
    { type: 'rule', action: 'exclude', pattern: '*.o', file: null, line: null },
  ],
  [
    rule('include', origin),
    "by '*.o', line 7 of /tree/.varveignore",
    { type: 'rule', action: 'include', pattern: '*.o', ...origin },
  ],
  [
    { type: 'marker', marker },
    '/tree/MARK is present (--exclude-if-present)',
    { type: 'marker', marker: { path: '/tree/MARK' } },
  ],
  [
    { type: 'cache', marker },
    '/tree/MARK marks a cache (--exclude-caches)',
    { type: 'cache', marker: { path: '/tree/MARK' } },
  ],
  [
    { type: 'size', largestBytes: 2048 },
    'it is larger than 2.00 KiB (--exclude-larger-than)',
    { type: 'size', larger_than: 2048 },
  ],
  [
    { type: 'file-system' },
    'another file system is mounted on its directory (--one-file-system)',
    { type: 'file_system' },
  ],
  [
    { type: 'pseudo-file-system', name: 'proc' },
    'proc is mounted on its directory, whose files the kernel makes up',
    { type: 'pseudo_file_system', name: 'proc' },
  ],
  [{ type: 'repository' }, 'it is the repository itself', { type: 'repository' }],
  [{ type: 'root' }, 'it is one of the paths given to backup', { type: 'root' }],
  [{ type: 'nothing' }, 'no rule leaves it out', { type: 'nothing' }],
])('the reason %j', async (reason, words, document) => {
  const saved = { snapshot: 4, since: 4 };
  const never = 'Saved: not in the latest snapshot.';
  const removed = 'The next backup counts it as removed; the snapshots that contain it keep it.';
  const common = { saved: null, read_because: null };
  const above = { path: '/tree' };
  expect(await told({ outcome: { type: 'taken-in', reason } })).toEqual({
    lines: [`Backed up: ${words}.`, never],
    document: { ...common, outcome: 'taken_in', at: null, reason: document },
  });
  expect(await told({ outcome: { type: 'left-out', at: PATH, reason } })).toEqual({
    lines: [`Left out: ${words}.`, never],
    document: { ...common, outcome: 'left_out', at: { path: SHOWN }, reason: document },
  });
  const below = { type: 'left-out', at: bytesFromText('/tree'), reason };
  expect(await told({ outcome: below, saved })).toEqual({
    lines: [`Left out: /tree is left out, ${words}.`, 'Saved: in snapshot 4.', removed],
    document: {
      ...common,
      ...{ outcome: 'left_out', at: above, reason: document },
      saved: { ...saved, read_because: null },
    },
  });
});

test('what is not there, or cannot be read', async () => {
  const saved = { snapshot: 4, since: 2 };
  const document = { reason: null, saved: { ...saved, read_because: null }, read_because: null };
  const kept = 'Saved: in snapshot 4, unchanged since snapshot 2.';
  const at = bytesFromText('/tree');
  expect(await told({ outcome: { type: 'absent', at }, saved })).toEqual({
    lines: [
      'Missing: /tree does not exist.',
      kept,
      'The next backup counts it as removed; the snapshots that contain it keep it.',
    ],
    document: { ...document, outcome: 'absent', at: { path: '/tree' } },
  });
  const message = '/tree cannot be read: permission denied.';
  expect(await told({ outcome: { type: 'unreadable', at, message }, saved })).toEqual({
    lines: ['Kept as last saved: /tree cannot be read: permission denied.', kept],
    document: { ...document, outcome: 'unreadable', at: { path: '/tree' } },
  });
});

test.each([
  ['new', 'it was never saved before'],
  ['asked', 'the backup was told to read it again'],
  ['unsized', 'its file system does not tell the size of it'],
  ['damaged', 'its saved contents are damaged'],
  ['type', 'it was not a file before'],
  ['size', 'its size differed'],
  ['mtime', 'its modification time differed'],
  ['ctime', 'its change time differed'],
  ['inode', 'its inode differed'],
  ['racy', 'it was saved too soon after a change for its times to prove anything'],
  ['unstable', 'it changed while it was being saved'],
])('read because of %s: %s', async (cause, words) => {
  const outcome = { type: 'taken-in', reason: { type: 'nothing' } };
  const saved = { snapshot: 4, since: 4, causes: [cause, 'size'] };
  expect(await told({ outcome, saved, causes: ['mtime', cause] })).toEqual({
    lines: [
      'Backed up: no rule leaves it out.',
      `Saved: in snapshot 4, which read it because ${words}, its size differed.`,
      `Read by the next backup: yes, because its modification time differed, ${words}.`,
    ],
    document: {
      outcome: 'taken_in',
      at: null,
      reason: { type: 'nothing' },
      saved: { snapshot: 4, since: 4, read_because: [cause, 'size'] },
      read_because: ['mtime', cause],
    },
  });
});

test('what has not changed is not read', async () => {
  const outcome = { type: 'taken-in', reason: { type: 'root' } };
  const { lines, document } = await told({ outcome, saved: { snapshot: 4, since: 1 }, causes: [] });
  expect(lines).toEqual([
    'Backed up: it is one of the paths given to backup.',
    'Saved: in snapshot 4, unchanged since snapshot 1.',
    'Read by the next backup: no, its size, times and inode have not changed.',
  ]);
  expect(document).toMatchObject({ read_because: [] });
});
