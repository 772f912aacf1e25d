import { expect, test } from 'vitest';
import { describeWalk } from '../../../../src/repo/operations/backup/notices.js';
import type { ByteString } from '../../../../src/platform/bytes.js';

const path = (text: string): ByteString => text as ByteString;
const letters = (count: number): ByteString[] =>
  Array.from({ length: count }, (_, i) => path(`/${String.fromCharCode(97 + i)}`));

/** What a walk tells that met so many of each. */
function noticesOf(own: number, links: number, mounts: number) {
  const walk = {
    ownRoots: letters(own),
    followedLinks: letters(links).map((one) => ({ path: one, place: path(`/to${one}`) })),
  } as unknown as Parameters<typeof describeWalk>[0];
  const pseudoMounts = letters(mounts).map((one) => ({ path: one, name: `fs${one.slice(1)}` }));
  return describeWalk(walk, { pseudoMounts } as unknown as Parameters<typeof describeWalk>[1]);
}

test('nothing is said of a walk that met nothing', () => {
  expect(noticesOf(0, 0, 0)).toEqual([]);
});

test('each kind is one notice, with all of its paths', () => {
  expect(noticesOf(1, 2, 3)).toEqual([
    {
      code: 'REPOSITORY_LEFT_OUT',
      message: 'Left out, because it belongs to the repository: /a.',
      paths: ['/a'],
    },
    {
      code: 'LINK_FOLLOWED',
      message:
        'Followed, because a path that is named means what it leads to, and saved under the name ' +
        'of the link: /a -> /to/a, /b -> /to/b.',
      paths: ['/a', '/b'],
    },
    {
      code: 'PSEUDO_FILE_SYSTEM',
      message:
        'Left out, because the kernel makes up what they hold: /a (fsa), /b (fsb), /c (fsc). ' +
        'Name such a path itself to back it up.',
      paths: ['/a', '/b', '/c'],
    },
  ]);
});

test.each([
  [4, '/a, /b, /c, /d.'],
  [5, '/a, /b, /c, /d, 1 more.'],
  [7, '/a, /b, /c, /d, 3 more.'],
])('of %i, four are named, and the others counted', (count, end) => {
  const [notice] = noticesOf(count, 0, 0);
  expect(notice?.message).toBe(`Left out, because it belongs to the repository: ${end}`);
  expect(notice?.paths).toEqual(letters(count));
});
