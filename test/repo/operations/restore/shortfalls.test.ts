import { expect, test } from 'vitest';
import { createShortfallTally } from '../../../../src/repo/operations/restore/shortfalls.js';
import type { ByteString } from '../../../../src/platform/bytes.js';

const path = (text: string): ByteString => text as ByteString;

test('what an ordinary user may not do is one issue, with counts of nodes and the first path', () => {
  const tally = createShortfallTally(false);
  tally.add(path(''), []);
  tally.add(path('a'), [
    { kind: 'owner', code: 'EPERM' },
    { kind: 'inode flags', code: 'EPERM' },
    { kind: 'inode flags', code: 'EPERM' },
  ]);
  tally.add(path('b'), [{ kind: 'owner', code: 'EINVAL' }]);
  expect(tally.issues()).toEqual([
    {
      path: 'a',
      code: 'METADATA_NOT_PERMITTED',
      message: 'Not permitted to this user: owners: 2, inode flags: 1; the first is for a.',
    },
  ]);
});

test('what the system cannot do is a problem, by its code', () => {
  const tally = createShortfallTally(false);
  tally.add(path(''), [{ kind: 'extended attribute', code: 'ENOTSUP' }]);
  tally.add(path('b'), [
    { kind: 'extended attribute', code: 'ENOSPC' },
    { kind: 'time', code: 'EROFS' },
  ]);
  expect(tally.issues()).toEqual([
    {
      path: '',
      code: 'METADATA_NOT_RESTORED',
      message:
        'Not restored: extended attributes (ENOTSUP): 1, extended attributes (ENOSPC): 1, ' +
        'times (EROFS): 1; the first is for the target.',
    },
  ]);
});

test('to the superuser nothing is forbidden, so it is a problem', () => {
  const tally = createShortfallTally(true);
  tally.add(path('a'), [{ kind: 'group', code: 'EPERM' }]);
  expect(tally.issues()).toMatchObject([
    {
      code: 'METADATA_NOT_RESTORED',
      message: 'Not restored: groups (EPERM): 1; the first is for a.',
    },
  ]);
  expect(createShortfallTally(true).issues()).toEqual([]);
});

test.each<[string, boolean, boolean]>([
  ['EPERM', false, true],
  ['EACCES', false, true],
  ['EINVAL', false, true],
  ['EIO', false, false],
  ['EPERM', true, false],
])('%s, to the superuser: %s, says that it is not permitted: %s', (code, isSuperuser, is) => {
  const tally = createShortfallTally(isSuperuser);
  const kinds = [
    ['owner', 'owners'],
    ['group', 'groups'],
    ['permissions', 'permissions'],
    ['access control list', 'access control lists'],
    ['extended attribute', 'extended attributes'],
    ['inode flags', 'inode flags'],
    ['time', 'times'],
  ] as const;
  for (const [kind] of kinds) tally.add(path(''), [{ kind, code }]);
  const list = kinds.map(([, plural]) => `${plural}${is ? '' : ` (${code})`}: 1`).join(', ');
  const why = is ? 'Not permitted to this user' : 'Not restored';
  expect(tally.issues()).toEqual([
    {
      path: '',
      code: is ? 'METADATA_NOT_PERMITTED' : 'METADATA_NOT_RESTORED',
      message: `${why}: ${list}; the first is for the target.`,
    },
  ]);
});
