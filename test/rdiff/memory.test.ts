/** Bytes in memory, read in order and anywhere. */
import { expect, test } from 'vitest';
import { MemorySource } from '../../src/rdiff/memory.js';

const source = () => new MemorySource('digits', Buffer.from('0123456789'));

test('bytes are read in order to their end, in pieces of any length', async () => {
  for (const pieceBytes of [1, 3, 10, 11]) {
    const digits = source();
    const into = Buffer.alloc(pieceBytes);
    let text = '';
    for (let n = await digits.read(into); n > 0; n = await digits.read(into)) {
      text += into.toString('utf8', 0, n);
    }
    expect(text).toBe('0123456789');
    expect(await digits.read(into)).toBe(0);
  }
  expect(source()).toMatchObject({ name: 'digits', size: 10 });
});

test.each([
  [0, 4, '0123'],
  [3, 1, '3'],
  [8, 4, '89'],
  [9, 4, '9'],
  [10, 4, ''],
  [100, 4, ''],
])(
  'at %i up to %i bytes are %j, wherever reading in order stands',
  async (at, length, expected) => {
    const digits = source();
    const into = Buffer.alloc(length);
    await digits.read(Buffer.alloc(5));
    expect(into.toString('utf8', 0, digits.readAt(at, into))).toBe(expected);
    const one = Buffer.alloc(1);
    await digits.read(one);
    expect(one.toString()).toBe('5');
  },
);
