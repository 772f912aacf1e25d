import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { packageFile } from '../../src/platform/package-files.js';

test('a file is found by its place in the package, wherever the module is', () => {
  const { name } = JSON.parse(readFileSync(packageFile('package.json'), 'utf8')) as {
    name: string;
  };
  expect(name).toBe('varve');
  expect(packageFile('dist/thread.js').href).toBe(
    new URL('../../dist/thread.js', import.meta.url).href,
  );
});
