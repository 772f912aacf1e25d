import { expect, test } from 'vitest';
import { checkTags, tagsOf } from '../../../src/repo/operations/tags.js';

test.each([[[]], [['nightly']], [['two words', 'v1.0']]])('%j are tags', (tags) => {
  expect(() => checkTags(tags)).not.toThrow();
});

test.each(['', ' ', 'a,b', ',', ' before', 'behind ', 'tab\t'])(
  '%j is none, wherever it stands',
  (wrong) => {
    const tags = ['good', wrong, 'last'];
    expect(() => checkTags(tags)).toThrow(
      expect.objectContaining({
        code: 'USAGE',
        message: `"${wrong}" is not a tag.`,
        hint: 'A tag is not empty, has no comma, and neither begins nor ends with a space.',
      }),
    );
  },
);

test('a tag that an older version took with commas is several', () => {
  expect(tagsOf({ tags: ['a', 'b, c ,d', 'e'] })).toEqual(['a', 'b', 'c', 'd', 'e']);
});
