import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { VersionType } from '../../../src/repo/model.js';
import {
  ManifestPartWriter,
  decodeManifestPart,
  type ManifestPart,
} from '../../../src/repo/packs/manifest.js';
import type { ByteString } from '../../../src/platform/bytes.js';
import { runs } from '../../support/seed.js';

const id = fc.integer({ min: 1, max: 2 ** 40 });
const uint32 = fc.integer({ min: 0, max: 2 ** 32 - 1 });
const time = fc.record({
  seconds: fc.integer({ min: -(2 ** 36), max: 2 ** 36 }),
  nanoseconds: fc.integer({ min: 0, max: 999_999_999 }),
});
const inode = fc.oneof(uint32, fc.integer({ min: 2 ** 51, max: 2 ** 52 - 1 }));
const byteString = fc
  .uint8Array({ minLength: 1, maxLength: 255 })
  .map((bytes) => Buffer.from(bytes).toString('latin1') as ByteString);
const birth = fc.option(time, { nil: undefined });
const attributeSet = fc.uint8Array({ maxLength: 20 }).map((bytes) => Buffer.from(bytes));
const part = fc.record({
  paths: fc.array(
    fc.record({ id, parent: fc.oneof(id, fc.integer({ min: -5, max: -1 })), name: byteString }),
  ),
  closes: fc.array(id),
  opens: fc.array(
    fc.record({
      path: id,
      type: fc.constantFrom(...Object.values(VersionType)),
      flags: fc.nat(3),
      mode: fc.nat(4095),
      uid: uint32,
      gid: uint32,
      mtime: time,
      ctime: time,
      btime: birth,
      inode,
      links: id,
      rdev: uint32,
      attributeSet,
      sizeBytes: fc.nat({ max: 2 ** 50 }),
      link: fc.option(byteString, { nil: undefined }),
      blobs: fc.array(
        fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => Buffer.from(bytes)),
        { maxLength: 3 },
      ),
    }),
  ),
  touches: fc.array(fc.record({ path: id, flags: fc.nat(3), ctime: time, btime: birth, inode })),
});

function encode({ paths, closes, opens, touches }: ManifestPart): Uint8Array[] {
  const writer = new ManifestPartWriter();
  paths.forEach((change) => writer.path(change));
  closes.forEach((path) => writer.close(path));
  opens.forEach((change) => writer.open(change));
  touches.forEach((change) => writer.touch(change));
  expect(writer.recordCount).toBe(paths.length + closes.length + opens.length + touches.length);
  return writer.finish();
}

describe('a manifest part', () => {
  test('comes back as it went in', () => {
    fc.assert(
      fc.property(part, (original) => {
        const decoded = decodeManifestPart(encode(original));
        expect(decoded).toEqual(original);
      }),
      runs(150),
    );
  });

  test('that lacks a section is refused', () => {
    const sections = encode({ paths: [], closes: [], opens: [], touches: [] });
    for (let count = 0; count < 9; count += 1) {
      expect(() => decodeManifestPart(sections.slice(0, count))).toThrow(
        expect.objectContaining({
          code: 'FRAME_CORRUPT',
          message: 'A manifest part lacks a section.',
        }),
      );
    }
  });

  test('with fewer hashes than it says is refused', () => {
    const time = { seconds: 0, nanoseconds: 0 };
    const facts = { type: 1, flags: 0, mode: 0, uid: 0, gid: 0, inode: 1, sizeBytes: 1 } as const;
    const blobs = [Buffer.alloc(32)];
    const rare = { btime: undefined, links: 0, rdev: 0, attributeSet: Buffer.from('set') };
    const open = { ...facts, ...rare, path: 1, mtime: time, ctime: time, link: undefined, blobs };
    const sections = encode({ paths: [], closes: [], opens: [open], touches: [] });
    for (const index of [3, 5]) {
      const cut = sections.with(index, sections[index]!.subarray(0, -1));
      expect(() => decodeManifestPart(cut)).toThrow('A manifest part is shorter than it declares.');
    }
    const noSets = sections.with(8, Buffer.alloc(0));
    expect(() => decodeManifestPart(noSets)).toThrow(
      'A manifest part is shorter than it declares.',
    );
    const cutSet = sections.with(8, sections[8]!.subarray(0, -1));
    expect(() => decodeManifestPart(cutSet)).toThrow(
      'An attribute set is shorter than it declares.',
    );
  });

  test('has each attribute set once, whatever has it', () => {
    const time = { seconds: 0, nanoseconds: 0 };
    const facts = { type: 1, flags: 0, mode: 0, uid: 0, gid: 0, inode: 1, sizeBytes: 0 } as const;
    const rare = { btime: undefined, links: 0, rdev: 0, mtime: time, ctime: time, link: undefined };
    const opens = ['one', 'two', 'one', '', 'two'].map((set, path) => {
      return { ...facts, ...rare, path, blobs: [], attributeSet: Buffer.from(set) };
    });
    const sections = encode({ paths: [], closes: [], opens, touches: [] });
    expect(Buffer.from(sections[8]!).toString()).toBe('\x03one\x03two');
    const sets = decodeManifestPart(sections).opens.map(({ attributeSet }) => attributeSet);
    expect(sets.map((set) => Buffer.from(set).toString())).toEqual([
      'one',
      'two',
      'one',
      '',
      'two',
    ]);
  });

  test('with a node of a type that a newer program wrote is not damaged', () => {
    const time = { seconds: 0, nanoseconds: 0 };
    const facts = { flags: 0, mode: 0, uid: 0, gid: 0, inode: 1, sizeBytes: 0, blobs: [] };
    const rare = { btime: undefined, links: 0, rdev: 0, attributeSet: Buffer.alloc(0) };
    const type = 8 as VersionType;
    const open = { ...facts, ...rare, type, path: 1, mtime: time, ctime: time, link: undefined };
    const sections = encode({ paths: [], closes: [], opens: [open], touches: [] });
    expect(() => decodeManifestPart(sections)).toThrow(
      expect.objectContaining({
        code: 'FORMAT_UNKNOWN',
        message: 'A manifest has a node of type 8.',
      }),
    );
  });
});
