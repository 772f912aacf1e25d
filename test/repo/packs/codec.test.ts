import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { CodedError } from '../../../src/errors.js';
import {
  Codec,
  compressedSize,
  compressSection,
  decompressSection,
} from '../../../src/repo/packs/codec.js';
import { compressBound } from '../../../src/platform/zstd.js';
import { noise, prose } from '../../support/seed.js';

const compress = (raw: Uint8Array) => {
  const into = Buffer.alloc(compressBound(raw.length));
  const { codec, storedBytes } = compressSection(raw, into, 3);
  return { codec, stored: into.subarray(0, storedBytes) };
};

describe('a section', () => {
  test.each([
    ['nothing', noise(0, 1), Codec.raw],
    ['too little to gain', Buffer.from('aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'), Codec.raw],
    ['noise', noise(5000, 1), Codec.raw],
    ['a lot of noise, by samples', noise(200_000, 1), Codec.raw],
    ['text', prose(50, 1), Codec.zstd],
    [
      'noise with text in its middle',
      Buffer.concat([noise(90_000, 1), prose(3000, 2), noise(90_000, 3)]),
      Codec.zstd,
    ],
  ])('of %s is stored the cheaper way and comes back', (_, raw, expected) => {
    const { codec, stored } = compress(raw);
    expect(codec).toBe(expected);
    expect(stored.length).toBeLessThanOrEqual(raw.length);
    expect(Buffer.from(decompressSection(stored, codec, raw.length)).equals(raw)).toBe(true);
    expect(compressedSize(raw, 3)).toBe(stored.length);
  });

  test('comes back into memory that the caller gives', () => {
    const raw = prose(50, 1);
    const { codec, stored } = compress(raw);
    const buffer = Buffer.alloc(raw.length);
    const back = decompressSection(stored, codec, raw.length, () => buffer);
    expect(back).toBe(buffer);
  });
});

describe('a damaged section', () => {
  const { codec, stored } = compress(prose(50, 1));
  const length = prose(50, 1).length;

  test.each([
    [
      'raw, of another length',
      () => decompressSection(noise(4, 1), Codec.raw, 5),
      'a raw section has the wrong length',
    ],
    [
      'that is no zstd',
      () => decompressSection(noise(40, 1), codec, 100),
      'zstd cannot decode a section',
    ],
    [
      'that is longer than said',
      () => decompressSection(stored, codec, length - 1),
      'zstd cannot decode a section',
    ],
    [
      'that is shorter than said',
      () => decompressSection(stored, codec, length + 1),
      'a section decodes to the wrong length',
    ],
    [
      'that is cut',
      () => decompressSection(stored.subarray(0, 90), codec, length),
      'zstd cannot decode a section',
    ],
  ])('%s is refused', (_, decode, what) => {
    expect(decode).toThrow(
      expect.objectContaining({ code: 'FRAME_CORRUPT', message: `A frame is damaged: ${what}.` }),
    );
  });
});

test.each([
  ['no memory', () => new CodedError('OUT_OF_MEMORY', 'Not enough memory.')],
  ['a bug', () => new TypeError('x is not a function')],
])('%s while a section is decoded is no damage', async (_, make) => {
  const error = make();
  vi.resetModules();
  vi.doMock('../../../src/platform/zstd.js', async (original) => ({
    ...(await original<object>()),
    decompress: () => {
      throw error;
    },
  }));
  onTestFinished(() => {
    vi.doUnmock('../../../src/platform/zstd.js');
    vi.resetModules();
  });
  const { decompressSection: decode } = await import('../../../src/repo/packs/codec.js');
  expect(() => decode(Buffer.alloc(10), Codec.zstd, 100)).toThrow(error);
});
