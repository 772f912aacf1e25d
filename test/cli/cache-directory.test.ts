import { expect, test } from 'vitest';
import { cacheHome, hashListDirectory } from '../../src/cli/cache-directory.js';

test.each([
  [{ XDG_CACHE_HOME: '/c', HOME: '/h' }, '/c'],
  [{ XDG_CACHE_HOME: '/c' }, '/c'],
  [{ HOME: '/h' }, '/h/.cache'],
  [{ XDG_CACHE_HOME: '', HOME: '/h' }, '/h/.cache'],
  [{ XDG_CACHE_HOME: 'relative', HOME: '/h' }, '/h/.cache'],
  [{ XDG_CACHE_HOME: 'relative', HOME: 'relative' }, undefined],
  [{ HOME: '' }, undefined],
  [{}, undefined],
])('%j: %s', (env, home) => {
  expect(cacheHome(env)).toBe(home);
  expect(hashListDirectory(env)).toBe(home === undefined ? undefined : `${home}/varve/hash-lists`);
});
