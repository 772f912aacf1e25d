import { expect, test } from 'vitest';
import type { ByteString, Damage } from '../../../src/store.js';
import { describeDamage, jsonDamage } from '../../../src/cli/render/damage.js';

const paths = Array.from({ length: 7 }, (_, i) => `/file${i}` as ByteString);
const damage: Damage = { code: 'BLOB_DAMAGED', message: 'It is gone.', paths, snapshots: [] };

test('people see a few of the paths, or all of them', () => {
  const few = describeDamage([damage], false).join('\n').split('\n');
  expect(few[0]).toBe('BLOB_DAMAGED: It is gone.');
  expect(few.slice(1)).toEqual([
    ...paths.slice(0, 5).map((path) => `  ${path}`),
    '  and 2 more paths (-v lists all)',
  ]);
  expect(describeDamage([damage], true)[0]?.split('\n')).toHaveLength(8);
});

test('one path more than a few is one path, and as many as a few are all', () => {
  const linesOf = (count: number): string[] | undefined =>
    describeDamage([{ ...damage, paths: paths.slice(0, count) }], false)[0]?.split('\n');
  expect(linesOf(6)?.slice(5)).toEqual(['  /file4', '  and 1 more path (-v lists all)']);
  expect(linesOf(5)?.slice(5)).toEqual(['  /file4']);
});

test('a message and a path hold nothing that a terminal acts on, and a path is text', () => {
  const odd = { ...damage, message: 'a\x1bb', paths: ['/\xc3\xa9' as ByteString] };
  expect(describeDamage([odd], false)).toEqual(['BLOB_DAMAGED: a\\x1bb\n  /é']);
});

test('programs see all, and the bytes where they are not text', () => {
  expect(jsonDamage([damage])).toEqual([
    { code: 'BLOB_DAMAGED', message: 'It is gone.', snapshots: [], paths },
  ]);
  expect(jsonDamage([{ ...damage, paths: ['/\xff' as ByteString] }])).toMatchObject([
    { paths: ['/\\xff'], paths_base64: ['L/8='] },
  ]);
});

test('it is said where it is, and which snapshots it costs', () => {
  const placed = { ...damage, paths: [], pack: 3, offset: 734 };
  const textOf = (snapshots: readonly number[]) =>
    describeDamage([{ ...placed, snapshots }], false)[0];
  expect(textOf([2])).toBe('BLOB_DAMAGED: It is gone.\n  in snapshot 2');
  expect(textOf([1, 3, 4, 5, 9])).toBe('BLOB_DAMAGED: It is gone.\n  in snapshots 1, 3 to 5, 9');
  expect(jsonDamage([{ ...placed, snapshots: [2] }])).toEqual([
    {
      code: 'BLOB_DAMAGED',
      message: 'It is gone.',
      pack: 3,
      offset: 734,
      snapshots: [2],
      paths: [],
    },
  ]);
});

test('the first pack and the first byte are places, too', () => {
  const first = { ...damage, paths: [], pack: 0, offset: 0 };
  expect(jsonDamage([first])).toEqual([expect.objectContaining({ pack: 0, offset: 0 })]);
  expect(Object.hasOwn(jsonDamage([damage])[0] ?? {}, 'pack')).toBe(false);
});
