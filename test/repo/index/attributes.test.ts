import { expect, onTestFinished, test } from 'vitest';
import { openIndex } from '../../../src/repo/index/index.js';
import { openFileSystem } from '../../../src/platform/files.js';
import { scratchDirectory } from '../../support/directory.js';

function newIndex() {
  const index = openIndex(`${scratchDirectory()}/index.sqlite`, 'create', openFileSystem());
  onTestFinished(() => index.close());
  return index;
}

const set = (number: number): Buffer => Buffer.from(`set ${number}`);

test('each set has one number, whoever asks, and the empty one has 0', () => {
  const index = newIndex();
  index.begin();
  const { attributes } = index;
  const idsOf = (...sets: Buffer[]) => sets.map((bytes) => attributes.idOf(bytes));
  expect(idsOf(set(1), set(2), set(1), Buffer.alloc(0))).toEqual([1, 2, 1, 0]);
  // More than are remembered.
  for (let number = 3; number <= 2100; number += 1) attributes.idOf(set(number));
  expect(idsOf(...[1, 2, 3, 1500, 2100].map(set))).toEqual([1, 2, 3, 1500, 2100]);
  index.commit();
  expect([1, 2100].map((id) => Buffer.from(attributes.get(id)).toString())).toEqual([
    'set 1',
    'set 2100',
  ]);
  expect([0, 9999].map((id) => attributes.get(id))).toEqual([new Uint8Array(0), new Uint8Array(0)]);
});

test('what a run gave out that did not end is given out anew', () => {
  const index = newIndex();
  index.begin();
  expect(index.attributes.idOf(set(1))).toBe(1);
  index.rollback();
  index.begin();
  expect(index.attributes.idOf(set(2))).toBe(1);
  expect(index.attributes.idOf(set(1))).toBe(2);
  index.commit();
  expect(Buffer.from(index.attributes.get(2))).toEqual(set(1));
});
