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
