/** The lines of a diff, what they add up to, and their documents. */
import { describe, expect, test } from 'vitest';
import {
  changeDocument,
  describeChange,
  isToldElsewhere,
  summariseChanges,
  summariseLines,
} from '../../../src/cli/render/changes.js';
import { PLAIN_PALETTE, type Palette } from '../../../src/cli/render/colour.js';
import { bytesFromText, type ByteString } from '../../../src/platform/bytes.js';
import type { Change } from '../../../src/store.js';

/** Only what is marked shows it. */
const MARKED: Palette = {
  ...PLAIN_PALETTE,
  green: (text) => `<green>${text}`,
  red: (text) => `<red>${text}`,
};

const path = (name: string): ByteString => bytesFromText(name);
const change = (
  kind: Change['change'],
  sizeBefore?: number,
  sizeAfter?: number,
  more: Partial<Change> = {},
): Change => ({
  path: path('/p'),
  change: kind,
  ...(sizeBefore !== undefined && { sizeBefore }),
  ...(sizeAfter !== undefined && { sizeAfter }),
  ...more,
});

/** The two sides of a file of so many bytes that was renamed. */
const renamed = (bytes: number): readonly Change[] => [
  change('removed', bytes, undefined, { renamedTo: path('/new') }),
  change('added', undefined, bytes, { renamedFrom: path('/old') }),
];

describe('the line of a change', () => {
  test.each([
    [change('added', undefined, 12), '<green>+      +12 B  /p'],
    [change('added', undefined, 0), '<green>+       +0 B  /p'],
    [change('added'), '<green>+             /p'],
    [change('removed', 12), '<red>-      -12 B  /p'],
    [change('removed', 0), '<red>-       -0 B  /p'],
    [change('removed'), '<red>-             /p'],
    [change('modified', 12, 4), 'M       -8 B  /p'],
    [change('modified', 4, 12), 'M       +8 B  /p'],
    [change('modified', 4, 4), 'M       +0 B  /p'],
    [change('modified', 0, 1_047_551), 'M  +1023 KiB  /p'],
    [change('metadata', 4, 4), 'U             /p'],
    [change('type', 4), 'T       -4 B  /p'],
    [change('type', undefined, 4), 'T       +4 B  /p'],
    [change('type'), 'T             /p'],
    [change('added', undefined, 12, { renamedFrom: path('/o') }), 'R       12 B  /o -> /p'],
    [change('added', undefined, 0, { renamedFrom: path('/o') }), 'R        0 B  /o -> /p'],
  ])('%j', (one, line) => {
    expect(describeChange(one, MARKED)).toBe(line);
  });

  test('is safe for a terminal in both of its names', () => {
    const odd = { path: path('/a\x1b'), renamedFrom: path('/b\n') };
    expect(describeChange(change('added', undefined, 1, odd), MARKED)).toBe(
      'R        1 B  /b\\x0a -> /a\\x1b',
    );
  });

  test('is left out where a file was renamed to, as the other side tells of both', () => {
    expect(renamed(1).map(isToldElsewhere)).toEqual([true, false]);
    expect([change('removed', 1), change('added')].map(isToldElsewhere)).toEqual([false, false]);
  });
});

describe('the sum of a diff', () => {
  test('has the kinds in their order, those that there are', () => {
    const all = [
      change('metadata', 1, 1),
      change('type', 2),
      ...renamed(5),
      change('modified', 1, 1),
      change('removed', 0),
      change('added', undefined, 0),
    ];
    expect(summariseChanges(all)).toBe(
      '1 added, 1 removed, 1 modified, 1 renamed, 1 of another type, 1 with other metadata: -2 B',
    );
    expect(summariseChanges([change('added'), change('added')])).toBe('2 added: +0 B');
  });

  test('counts a renamed file once, and as no growth, whatever else changed', () => {
    const others = [change('modified', 10, 17), change('added', undefined, 4)];
    expect(summariseChanges(renamed(1000))).toBe('1 renamed: +0 B');
    expect(summariseChanges([...renamed(1000), ...renamed(7)])).toBe('2 renamed: +0 B');
    expect(summariseChanges([...others, ...renamed(1000)])).toBe(
      '1 added, 1 modified, 1 renamed: +11 B',
    );
    expect(summariseChanges([...renamed(1000), change('removed', 3)])).toBe(
      '1 removed, 1 renamed: -3 B',
    );
  });

  test('grows by what was added and by less than nothing where more was removed', () => {
    expect(summariseChanges([change('modified', 4, 2048)])).toBe('1 modified: +2.00 KiB');
    expect(summariseChanges([change('modified', 2048, 0)])).toBe('1 modified: -2.00 KiB');
    expect(summariseChanges([change('type', undefined, 3), change('type', 3)])).toBe(
      '2 of another type: +0 B',
    );
  });

  test('of lines has both numbers', () => {
    expect([summariseLines(1, 2), summariseLines(2, 1), summariseLines(0, 0)]).toEqual([
      '1 line added, 2 removed',
      '2 lines added, 1 removed',
      '0 lines added, 0 removed',
    ]);
  });
});

test('a document has the sizes that there are, none of them too small, and both names', () => {
  const document = (one: Change): unknown => JSON.parse(JSON.stringify(changeDocument(one)));
  expect(document(change('modified', 0, 5))).toEqual({
    path: '/p',
    change: 'modified',
    size_before: 0,
    size_after: 5,
  });
  expect(document(change('added', undefined, 0))).toEqual({
    path: '/p',
    change: 'added',
    size_after: 0,
  });
  expect(document(change('type'))).toEqual({ path: '/p', change: 'type' });
  expect(renamed(1).map(document)).toEqual([
    { path: '/p', change: 'removed', size_before: 1, renamed_to: '/new' },
    { path: '/p', change: 'added', size_after: 1, renamed_from: '/old' },
  ]);
  const odd = { path: '/\xff' as ByteString, renamedFrom: '/\xfe' as ByteString };
  expect(document(change('added', undefined, 1, odd))).toEqual({
    path: '/\\xff',
    path_base64: 'L/8=',
    change: 'added',
    size_after: 1,
    renamed_from: '/\\xfe',
  });
});
