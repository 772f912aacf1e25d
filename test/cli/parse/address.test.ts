import { expect, test } from 'vitest';
import {
  looksRemote,
  requireLocal,
  requireLocalRepository,
} from '../../../src/cli/parse/address.js';

test.each(['ssh://host/x', 'user@host:x', 'user@host:', 'host:/x', 'host:~/x', 'a.b.c:/x'])(
  '%s is elsewhere',
  (text) => {
    expect(looksRemote(text)).toBe(true);
  },
);

test.each([
  'back-2026-11-28T10:30:00',
  'a:b',
  'me@home',
  '/a@b:/c',
  './host:/x',
  'x/host:/y',
  ':/x',
  'a:b@c:d',
  '',
])('"%s" is a path', (text) => {
  expect(looksRemote(text)).toBe(false);
});

test('a repository is local where no colon stands before its first slash', () => {
  for (const path of ['a', './a:b', '/a:b', 'a/b:c', '']) {
    expect(requireLocalRepository(path)).toBe(path);
  }
  for (const address of ['a:b', ':b', 'a:', 's3:x/y', 'host:/x']) {
    expect(() => requireLocalRepository(address)).toThrow(
      expect.objectContaining({
        code: 'REPOSITORY_REMOTE',
        message: `Remote repositories are not supported yet: ${address}.`,
      }) as Error,
    );
  }
});

test('what must be of this machine is said with the name of what it is', () => {
  expect(requireLocal('--to', 'a:b')).toBe('a:b');
  expect(() => requireLocal('--to', 'host:/x')).toThrow(
    expect.objectContaining({
      code: 'USAGE',
      message: '--to: "host:/x" seems to be on another machine.',
      hint: 'Only paths of this machine will do; for one of that name, write ./ before it.',
    }) as Error,
  );
});
