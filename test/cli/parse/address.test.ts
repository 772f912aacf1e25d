import { expect, test } from 'vitest';
import { looksRemote } from '../../../src/cli/parse/address.js';

test.each(['ssh://host/x', 'user@host:x', 'user@host:', 'host:/x', 'host:~/x', 'a.b.c:/x'])(
  '%s is elsewhere',
  (text) => {
    expect(looksRemote(text)).toBe(true);
  },
);

test.each(['back-2026-11-28T10:30:00', 'a:b', 'me@home', '/a@b:/c', './host:/x', 'x/host:/y', ''])(
  '"%s" is a path',
  (text) => {
    expect(looksRemote(text)).toBe(false);
  },
);
