/** Where tests stand: beside the module that they test, or among the scenarios. */
import { existsSync, globSync } from 'node:fs';
import { expect, test } from 'vitest';

const tests = globSync('test/**/*.test.ts').map((path) => path.replaceAll('\\', '/'));
const elsewhere = /^test\/(scenarios|docs|long)\//;

test('every test outside test/scenarios, test/docs and test/long has a source twin', () => {
  const mirrored = tests.filter((path) => !elsewhere.test(path));
  expect(mirrored.length).toBeGreaterThan(100);
  const strays = mirrored.filter((path) => !existsSync(twinOf(path)));
  expect(strays).toEqual([]);
});

function twinOf(path: string): string {
  return path.replace(/^test\//, 'src/').replace(/\.test\.ts$/, '.ts');
}
