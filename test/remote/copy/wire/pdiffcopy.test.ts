import { describe, expect, test } from 'vitest';
import { createHashList } from '../../../../src/remote/copy/hashing/hash-list.js';
import { hashLines, HashLineReader } from '../../../../src/remote/copy/wire/pdiffcopy.js';

const METHOD = { name: 'x', digestBytes: 2 };
const newList = () => createHashList(25, 10, METHOD);
const malformed = expect.objectContaining({ code: 'REMOTE_PROTOCOL' }) as Error;

test('lines name the place of each block, from the first on', () => {
  const digests = Buffer.from('0102a0b0', 'hex');
  const shape = { offset: 30, blockBytes: 10 };
  expect(hashLines(digests, 2, shape)).toBe('30\t0102\n40\ta0b0\n');
  expect(hashLines(digests.subarray(2), 2, shape)).toBe('30\ta0b0\n');
  expect(hashLines(digests.subarray(0, 0), 2, shape)).toBe('');
});

describe('lines of a list', () => {
  const LINES = '20\t0506\n0\t0102\n10\t0304\n';

  test('may come in any order, and be cut anywhere', () => {
    for (let cut = 0; cut <= LINES.length; cut += 1) {
      const list = newList();
      const reader = new HashLineReader(list);
      reader.take(Buffer.from(LINES.slice(0, cut)));
      reader.take(Buffer.from(LINES.slice(cut)));
      reader.finish();
      expect(Buffer.from(list.entries).toString('hex')).toBe(
        '000000000102000000000304000000000506',
      );
    }
  });

  test.each([
    ['a block twice', '0\t0102\n0\t0102\n'],
    ['a block beyond the end', '30\t0102\n'],
    ['a place between two blocks', '5\t0102\n'],
    ['a hash that is too short', '0\t01\n'],
    ['a hash that is too long', '0\t010203\n'],
    ['an odd digit', '0\t01020\n'],
    ['capitals', '0\tABCD\n'],
    ['a sign', '-0\t0102\n'],
    ['spaces', '0 0102\n'],
    ['an empty line', '\n'],
    ['a line that does not end', '0'.repeat(4097)],
  ])('are refused with %s', (_, text) => {
    expect(() => new HashLineReader(newList()).take(Buffer.from(text))).toThrow(malformed);
  });

  test('are missed until each block has one and the last line its end', () => {
    const reader = new HashLineReader(newList());
    expect(() => reader.finish()).toThrow(malformed);
    reader.take(Buffer.from(LINES.slice(0, -6)));
    expect(() => reader.finish()).toThrow(malformed);
    reader.take(Buffer.from(LINES.slice(-6)));
    reader.finish();
    reader.take(Buffer.from('4'.repeat(4096)));
    expect(() => reader.finish()).toThrow(malformed);
  });
});
