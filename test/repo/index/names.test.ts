import fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';
import { bufferFromBytes, bytesFromBuffer, type ByteString } from '../../../src/platform/bytes.js';
import { openIndex, type Index } from '../../../src/repo/index/index.js';
import type { NameTest } from '../../../src/repo/index/names.js';
import { makeRepository } from '../../support/repository.js';
import { runs, testSeed } from '../../support/seed.js';

/** Few bytes, so that names resemble each other: ends of ranges, both cases, what is not UTF-8. */
const BYTES = [0x41, 0x61, 0x62, 0x63, 0xc3, 0xa9, 0xfe, 0xff];
const bytes = (minLength: number): fc.Arbitrary<Uint8Array> =>
  fc
    .array(fc.constantFrom(...BYTES), { minLength, maxLength: 4 })
    .map((list) => Uint8Array.from(list));

/** An index that has nothing but a root and these names below it. */
function indexOf(names: readonly ByteString[]): Index {
  const { path, platform } = makeRepository();
  const index = openIndex(`${path}/index.sqlite`, 'write', platform.files);
  onTestFinished(() => index.close());
  index.versions.insertPath(1, -1, '/ab' as ByteString);
  names.forEach((name, position) => index.versions.insertPath(position + 2, 1, name));
  return index;
}

/** What a test means, said in another way: as searches in texts of one letter for each byte. */
function passes(name: ByteString, sought: Exclude<NameTest, { type: 'any' }>): boolean {
  const bytes = bytesFromBuffer(Buffer.from(sought.bytes));
  if (sought.type === 'equals') return name === bytes;
  return sought.type === 'begins' ? name.startsWith(bytes) : name.includes(bytes);
}

test('the names that are found are those that a test means, byte by byte, and no root', () => {
  const all = new Map<string, Uint8Array>();
  for (const list of fc.sample(bytes(1), { numRuns: 400, seed: testSeed }))
    all.set(list.join(), list);
  const names = [...all.values()].map((list) => bytesFromBuffer(Buffer.from(list)));
  const index = indexOf(names);
  const found = (sought: NameTest): ByteString[] =>
    [...index.names.search(sought)].map(({ name }) => name).toSorted();
  fc.assert(
    fc.property(fc.constantFrom('equals', 'begins', 'holds'), bytes(1), (type, sought) => {
      const asked = { type, bytes: sought } as const;
      expect(found(asked)).toEqual(names.filter((name) => passes(name, asked)).toSorted());
    }),
    runs(200),
  );
  expect(found({ type: 'any' })).toEqual(names.toSorted());
});

test('the end of a range of names is not in it', () => {
  const names = ['ab', 'ab0', 'ac', 'a\xff', 'a\xff\xff', 'b', '\xff', '\xff\xff'] as ByteString[];
  const index = indexOf(names);
  const beginning = (text: string): ByteString[] =>
    [...index.names.search({ type: 'begins', bytes: bufferFromBytes(text as ByteString) })].map(
      ({ name }) => name,
    );
  expect(beginning('ab')).toEqual(['ab', 'ab0']);
  expect(beginning('a\xff')).toEqual(['a\xff', 'a\xff\xff']);
  expect(beginning('\xff')).toEqual(['\xff', '\xff\xff']);
});

test('letters of either case are found where a test takes both', () => {
  const index = indexOf(['Abc', 'xABC', 'ab', 'bca'] as ByteString[]);
  const sought = { type: 'holds-folded', bytes: Buffer.from('abc') } as const;
  expect([...index.names.search(sought)].map(({ name }) => name)).toEqual(['Abc', 'xABC']);
});

test('a root is found by no test of names, and placed by itself', () => {
  const index = indexOf(['a', '\xff'] as ByteString[]);
  const found = (type: 'equals' | 'begins' | 'holds') =>
    [...index.names.search({ type, bytes: Buffer.from('/ab') })].length;
  expect((['equals', 'begins', 'holds'] as const).map(found)).toEqual([0, 0, 0]);
  expect(index.names.roots()).toEqual([{ id: 1, parent: -1, name: '/ab' }]);
  const places = index.placePaths();
  expect(places.ofRow([1, -1, '/ab', null, null])).toEqual({ source: 1, path: '/ab' });
  // Its directory may come as text that says not what it is; the same below it again.
  for (const name of ['a', '\ufffd']) {
    const id = name === 'a' ? 2 : 3;
    const path = name === 'a' ? '/ab/a' : '/ab/\xff';
    expect(places.ofRow([id, 1, name, -1, '/ab'])).toEqual({ source: 1, path });
    expect(places.ofId(id)).toEqual({ source: 1, path });
  }
});
