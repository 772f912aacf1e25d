import { expect, test } from 'vitest';
import { openIndex } from '../../../src/repo/index/index.js';
import { openFileSystem } from '../../../src/platform/files.js';
import { scratchDirectory } from '../../support/directory.js';

test('a number is given out once: not again after its run ended, and again after one that did not', () => {
  const path = `${scratchDirectory()}/index.sqlite`;
  const index = openIndex(path, 'create', openFileSystem());
  index.begin();
  expect(index.counters.next('blob')).toBe(1);
  expect(index.counters.next('blob')).toBe(2);
  index.counters.raise('pack', 7);
  index.counters.raise('pack', 3);
  index.commit();
  index.begin();
  expect(index.counters.next('blob')).toBe(3);
  index.rollback();
  expect(index.counters.last('blob')).toBe(2);
  index.close();

  const again = openIndex(path, 'write', openFileSystem());
  expect(again.counters.last('pack')).toBe(7);
  expect(again.counters.next('pack')).toBe(8);
  expect(again.counters.next('blob')).toBe(3);
  expect(again.counters.next('path')).toBe(1);
  again.close();
});
