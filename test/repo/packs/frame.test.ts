import { crc32 } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { blake3 } from '../../../src/platform/hash.js';
import { CodedError } from '../../../src/errors.js';
import {
  decodeFrameHead,
  decodeSection,
  encodeFrame,
  frameBound,
  FrameKind,
  isPayloadIntact,
  MAX_SECTION_BYTES,
} from '../../../src/repo/packs/frame.js';
import { noise, prose } from '../../support/seed.js';

const text = Buffer.from('varve');
const hash = blake3(text);
const small = (): Buffer =>
  Buffer.from(
    encodeFrame({ kind: FrameKind.full, members: [{ hash, lengthBytes: 5 }] }, 7, [text], {
      level: 3,
    }),
  );

describe('a frame of one blob of five bytes', () => {
  test('is these bytes', () => {
    expect(
      small()
        .toString('hex')
        .match(/.{1,32}/g),
    ).toEqual([
      '5646524d010101000100000039000000', // VFRM, version, kind, sections; members; bytes of the table
      '07000000000000000500000000000000', // generation; bytes of the payload
      '8d85e22078277f4a00000000db3a3324', // checksums of payload and table; reserved; of the header
      '00050000000000000005000000000000', // the section: raw, 5 bytes, 5 stored; then the member:
      '00b6c53dc6bcd09a79138007bc1a4772', // its hash
      '17cbb567990884de30a976569402024d',
      'b705000000000000007661727665', // its length, and the payload
    ]);
  });

  test('decodes to what was encoded', () => {
    const frame = small();
    const head = decodeFrameHead(frame);
    expect(head).toMatchObject({
      kind: 1,
      generation: 7,
      headBytes: 48 + 17 + 40,
      payloadBytes: 5,
      sections: [{ codec: 0, rawBytes: 5, storedBytes: 5 }],
      deltaMembers: [],
    });
    expect(head.fullMembers).toEqual([{ hash: Buffer.from(hash), lengthBytes: 5 }]);
    expect(isPayloadIntact(head, frame)).toBe(true);
    expect(Buffer.from(decodeSection(head, frame, 0)).toString()).toBe('varve');
  });

  test('cut anywhere is refused', () => {
    const frame = small();
    for (let length = 0; length < frame.length; length += 1) {
      const cut = frame.subarray(0, length);
      expect(() => {
        const head = decodeFrameHead(cut);
        expect(isPayloadIntact(head, cut)).toBe(false);
        decodeSection(head, cut, 0);
      }, `cut to ${length}`).toThrow(expect.objectContaining({ code: 'FRAME_CORRUPT' }));
    }
  });

  test.each([
    ['raw', text],
    ['compressed', prose(30, 1)],
  ])('with any bit flipped is refused, or known not to be intact (%s)', (_, bytes) => {
    const members = [{ hash: blake3(bytes), lengthBytes: bytes.length }];
    const frame = Buffer.from(
      encodeFrame({ kind: FrameKind.full, members }, 7, [bytes], { level: 3 }),
    );
    for (let bit = 0; bit < frame.length * 8; bit += 1) {
      const flipped = Buffer.from(frame);
      flipped[bit >> 3]! ^= 1 << (bit & 7);
      const code = codeOf(() => {
        const head = decodeFrameHead(flipped);
        expect(isPayloadIntact(head, flipped), `bit ${bit}`).toBe(false);
        decodeSection(head, flipped, 0);
      });
      expect(['FRAME_CORRUPT', undefined], `bit ${bit}`).toContain(code);
      if (bit < decodeFrameHead(frame).headBytes * 8) expect(code, `bit ${bit}`).toBeDefined();
    }
  });
});

describe('a frame of deltas', () => {
  test('keeps both hashes and the lengths of four streams', () => {
    const members = [1, 2].map((seed) => ({
      hash: blake3(noise(9, seed)),
      basisHash: blake3(noise(9, seed + 5)),
      lengthBytes: 2 ** 40 + seed,
      streamBytes: [seed, 0, 3, 100 * seed] as const,
    }));
    const sections = [noise(3, 1), noise(0, 1), noise(6, 1), prose(300, 2).subarray(0, 300)];
    const frame = encodeFrame({ kind: FrameKind.delta, members }, 2 ** 40, sections, { level: 3 });
    const head = decodeFrameHead(frame);
    expect(head.generation).toBe(2 ** 40);
    expect(head.fullMembers).toEqual([]);
    expect(head.deltaMembers).toEqual(
      members.map((member) => ({
        ...member,
        hash: Buffer.from(member.hash),
        basisHash: Buffer.from(member.basisHash),
      })),
    );
    expect(sections.map((_, index) => Buffer.from(decodeSection(head, frame, index)))).toEqual(
      sections,
    );
  });
});

describe('what a frame may not say', () => {
  /** The small frame with its header changed and its checksums made right again. */
  const forged = (change: (frame: Buffer) => void, crcs: (frame: Buffer) => void): Buffer => {
    const frame = small();
    change(frame);
    crcs(frame);
    return frame;
  };

  test.each([
    ['a version', 4, 'A frame has format version 9.'],
    ['a kind', 5, 'A frame is of kind 9.'],
    ['a codec', 48, 'A section of a frame is stored with codec 9.'],
  ])('%s that a newer program wrote: that is not damage', (_, at, message) => {
    const frame = forged(
      (bytes) => bytes.writeUInt8(9, at),
      (bytes) => {
        resealTable(bytes);
        resealHeader(bytes);
      },
    );
    expect(() => decodeFrameHead(frame)).toThrow(
      expect.objectContaining({
        code: 'FORMAT_UNKNOWN',
        message,
        hint: 'Use the newer version of Varve that wrote it.',
      }),
    );
  });

  test.each([0, 5])('the kind %i, which is next to those that there are', (kind) => {
    const frame = forged((bytes) => bytes.writeUInt8(kind, 5), resealHeader);
    expect(() => decodeFrameHead(frame)).toThrow(`A frame is of kind ${kind}.`);
  });

  test('more in a section than any reader takes', () => {
    const content = { kind: FrameKind.full, members: [] } as const;
    const tooLong = Buffer.alloc(MAX_SECTION_BYTES + 1);
    expect(() => encodeFrame(content, 1, [tooLong], { level: 3 })).toThrow(
      `no reader takes a section of more than ${MAX_SECTION_BYTES} bytes`,
    );
  });

  test('a number beyond 2^53', () => {
    const frame = forged((bytes) => bytes.writeUInt32LE(0x200000, 20), resealHeader);
    expect(() => decodeFrameHead(frame)).toThrow('it holds a number beyond 2^53');
  });

  test('more members than its table holds', () => {
    const frame = forged((bytes) => bytes.writeUInt32LE(0xffffffff, 8), resealHeader);
    expect(() => decodeFrameHead(frame)).toThrow('its table has the wrong length');
  });

  test('a section that would take more memory than any does', () => {
    const frame = forged((bytes) => {
      bytes.writeUInt32LE(MAX_SECTION_BYTES + 1, 49);
      resealTable(bytes);
    }, resealHeader);
    expect(() => decodeFrameHead(frame)).toThrow(
      `it declares a section of ${MAX_SECTION_BYTES + 1} bytes`,
    );
  });

  test('but it may declare just as many bytes as a reader takes', () => {
    const frame = forged((bytes) => {
      bytes.writeUInt32LE(MAX_SECTION_BYTES, 49);
      resealTable(bytes);
    }, resealHeader);
    expect(decodeFrameHead(frame).sections[0]?.rawBytes).toBe(MAX_SECTION_BYTES);
  });

  test('a payload that its sections do not fill', () => {
    const frame = forged((bytes) => bytes.writeUInt32LE(6, 24), resealHeader);
    expect(() => decodeFrameHead(frame)).toThrow('its sections do not fill its payload');
  });

  test('a section that it does not have', () => {
    const frame = small();
    expect(() => decodeSection(decodeFrameHead(frame), frame, 1)).toThrow('it has no section 1');
  });
});

describe('the scratch buffer', () => {
  test('is used when it is large enough, and left alone when not', () => {
    const content = { kind: FrameKind.full, members: [{ hash, lengthBytes: 5 }] } as const;
    const scratch = Buffer.alloc(frameBound(content, [text]));
    expect(encodeFrame(content, 7, [text], { level: 3, scratch }).buffer).toBe(scratch.buffer);
    const tooSmall = Buffer.alloc(frameBound(content, [text]) - 1);
    expect(encodeFrame(content, 7, [text], { level: 3, scratch: tooSmall }).buffer).not.toBe(
      tooSmall.buffer,
    );
  });
});

function codeOf(action: () => void): string | undefined {
  try {
    action();
    return undefined;
  } catch (error) {
    if (error instanceof CodedError) return error.code;
    throw error;
  }
}

function resealTable(frame: Buffer): void {
  frame.writeUInt32LE(crc32(frame.subarray(48, 48 + 57)), 36);
}

function resealHeader(frame: Buffer): void {
  frame.writeUInt32LE(crc32(frame.subarray(0, 44)), 44);
}

test('what was decoded of a head stays as it is when the buffer is used again', () => {
  const members = [1, 2].map((seed) => ({ hash: noise(32, seed), lengthBytes: seed }));
  const raw = noise(3, 3);
  const frame = encodeFrame({ kind: FrameKind.full, members }, 7, [raw], { level: 3 });
  const head = decodeFrameHead(frame);
  frame.fill(0xee);
  expect(head.fullMembers.map(({ hash }) => Buffer.from(hash))).toEqual(
    members.map(({ hash }) => hash),
  );
});
