import { describe, expect, test } from 'vitest';
import type { ByteString } from '../../../src/platform/bytes.js';
import type { Index } from '../../../src/repo/index/index.js';
import type { AttributeSet } from '../../../src/repo/model.js';
import { encodeAttributeSet } from '../../../src/repo/packs/attribute-set.js';
import { createSetReader } from '../../../src/repo/repository/attribute-sets.js';

const attribute = (name: string) => ({ name: name as ByteString, value: 'v' as ByteString });
const setOf = (user: string, ...names: string[]): AttributeSet => ({
  user: user as ByteString,
  group: 'g' as ByteString,
  flags: 16,
  xattrs: names.map(attribute),
});

/** Sets by their ids, from 1, and the ids that were asked for. */
function reading(idToSet: (id: number) => AttributeSet | undefined) {
  const asked: number[] = [];
  const attributes = {
    get(id: number) {
      asked.push(id);
      const set = idToSet(id);
      return set ? encodeAttributeSet(set) : new Uint8Array(0);
    },
  } as unknown as Index['attributes'];
  const read = createSetReader({ attributes });
  return { asked, read: (id: number) => read({ attributes: id }) };
}

test('a set is what was saved, and the empty one says nothing', () => {
  const set = setOf('anna', 'user.a', 'user.b');
  const { read } = reading((id) => (id === 0 ? undefined : set));
  expect(read(1)).toEqual(set);
  expect(read(0)).toBeUndefined();
});

test('each is decoded once, the empty one as well', () => {
  const { asked, read } = reading((id) => (id === 0 ? undefined : setOf(`user${id}`)));
  for (const id of [1, 0, 2, 1, 0, 2, 0]) read(id);
  expect(asked).toEqual([1, 0, 2]);
});

test('no more than a thousand are remembered', () => {
  const { asked, read } = reading((id) => setOf(`user${id}`));
  for (let id = 1; id <= 1000; id += 1) read(id);
  for (let id = 1; id <= 1000; id += 1) read(id);
  expect(asked).toHaveLength(1000);
  expect(read(1001)?.user).toBe('user1001');
  expect(read(1)?.user).toBe('user1');
  expect(asked.slice(1000)).toEqual([1001, 1]);
});

describe('shadows that older versions saved', () => {
  test('are left out, and nothing else is', () => {
    const shadows = ['trusted.SGI_ACL_DEFAULT', 'trusted.SGI_ACL_FILE'];
    const { read } = reading(() => setOf('anna', ...shadows, 'trusted.other', 'user.a'));
    expect(read(1)).toEqual(setOf('anna', 'trusted.other', 'user.a'));
    expect(read(1)?.xattrs).toHaveLength(2);
  });
});
