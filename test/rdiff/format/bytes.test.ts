import { expect, test } from 'vitest';
import { ByteBuilder, readUint, readUint32, writeUint } from '../../../src/rdiff/format/bytes.js';

test.each([
  [1, 0xfe, 'fe'],
  [2, 0x1234, '1234'],
  [4, 0xfedc_ba98, 'fedcba98'],
  [8, Number.MAX_SAFE_INTEGER, '001fffffffffffff'],
])('a number of %i bytes is big-endian, and touches no others', (width, value, hex) => {
  const bytes = Buffer.alloc(width + 2, 0xaa);
  expect(writeUint(bytes, 1, width, value)).toBe(width + 1);
  expect(bytes.toString('hex')).toBe(`aa${hex}aa`);
  expect(readUint(bytes, 1, width)).toBe(value);
  if (width === 4) expect(readUint32(bytes, 1)).toBe(value);
});

test('a builder keeps what was written, however it grows, and is empty when that is taken', () => {
  const builder = new ByteBuilder();
  const parts = [1, 4095, 1, 100_000, 3].map((length, index) => Buffer.alloc(length, index + 1));
  for (const part of parts) builder.push(part);
  const all = Buffer.concat(parts);
  expect(builder.length).toBe(all.length);
  expect(Buffer.from(builder.view()).equals(all)).toBe(true);
  const taken = builder.take();
  expect([builder.length, builder.view().length]).toEqual([0, 0]);
  builder.push(Buffer.alloc(200_000, 9));
  expect(Buffer.from(taken).equals(all)).toBe(true);
  builder.clear();
  builder.push(Uint8Array.of(7));
  expect([...builder.take()]).toEqual([7]);
});
