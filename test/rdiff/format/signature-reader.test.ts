/** Signature files are taken in pieces, and whole entries alone. */
import { expect, test } from 'vitest';
import { SignatureReader } from '../../../src/rdiff/format/signature-reader.js';
import { makeSignature } from '../../../src/rdiff/format/whole.js';
import { noise } from '../../support/seed.js';

const ENTRY = 4 + 5;
const file = Buffer.from(makeSignature(noise(350), { blockLength: 100, strongLength: 5 }));

function read(bytes: Uint8Array, pieceBytes: number) {
  const reader = new SignatureReader();
  for (let at = 0; at < bytes.length; at += pieceBytes) {
    reader.update(bytes.subarray(at, at + pieceBytes));
  }
  return reader.finish();
}

test('each cut within header or entry is noticed, however the bytes come', () => {
  expect(file.length).toBe(12 + 4 * ENTRY);
  for (let length = 0; length <= file.length; length += 1) {
    for (const pieceBytes of [1, 5, 12, 1000]) {
      const cut = file.subarray(0, length);
      if (length >= 12 && (length - 12) % ENTRY === 0) {
        const { blockCount, weak, entries } = read(cut, pieceBytes);
        expect([blockCount, weak.length]).toEqual([(length - 12) / ENTRY, blockCount]);
        expect(Buffer.from(entries).equals(cut.subarray(12))).toBe(true);
        weak.forEach((sum, i) => expect(sum).toBe(file.readUInt32BE(12 + i * ENTRY)));
      } else {
        expect(() => read(cut, pieceBytes)).toThrow(
          expect.objectContaining({ code: 'RDIFF_INPUT_ENDED' }),
        );
      }
    }
  }
});

test.each(['00000000', '72730236', '72730147' + '00000000' + '00000008'])(
  'a header that is none is refused as soon as it is here: %s',
  (hex) => {
    const reader = new SignatureReader();
    const header = Buffer.concat([Buffer.from(hex, 'hex'), Buffer.alloc(12)]).subarray(0, 12);
    reader.update(header.subarray(0, 11));
    expect(() => reader.update(header.subarray(11))).toThrow(/RDIFF|magic|bogus/);
  },
);
