import { describe, expect, test } from 'vitest';
import { blake3 } from '../../../../src/platform/hash.js';
import { openIndex } from '../../../../src/repo/index/index.js';
import { createDedup } from '../../../../src/repo/operations/backup/dedup.js';
import { openFileSystem } from '../../../../src/platform/files.js';
import { scratchDirectory } from '../../../support/directory.js';

const hashOf = (number: number): Uint8Array => blake3(Buffer.from(String(number)));
const full = { kind: 1, frame: 1, member: 0, basis: undefined, storedBytes: 10 } as const;
const newIndex = () => openIndex(`${scratchDirectory()}/index.sqlite`, 'create', openFileSystem());

describe('a content', () => {
  test('is wanted from the first that brings it, and from nobody after', () => {
    const index = newIndex();
    const dedup = createDedup(index);
    expect(dedup.claim(hashOf(1), 5)).toEqual({ blob: 1, isWanted: true });
    expect(dedup.claim(hashOf(1), 5)).toEqual({ blob: 1, isWanted: false });
    dedup.placed(hashOf(1), 5, full);
    expect(dedup.claim(hashOf(1), 5)).toEqual({ blob: 1, isWanted: false });
    expect(() => dedup.placed(hashOf(1), 5, full)).toThrow('nobody asked for');
    expect(createDedup(index).claim(hashOf(1), 5)).toEqual({ blob: 1, isWanted: false });
    index.close();
  });

  test('is wanted again when it is a delta or lost, and keeps its id', () => {
    const index = newIndex();
    index.blobs.insert(1, hashOf(0), 5, full);
    index.blobs.insert(7, hashOf(7), 5, { ...full, kind: 2, frame: 9, basis: 1 });
    index.blobs.insert(8, hashOf(8), 5, { ...full, kind: 3, frame: 0 });
    const address = { pack: 1, offset: 32, lengthBytes: 50 };
    index.frames.insert({
      ...address,
      id: 9,
      kind: 2,
      headBytes: 40,
      liveBytes: 10,
      totalBytes: 10,
    });
    const dedup = createDedup(index);
    for (const id of [7, 8]) {
      expect(dedup.claim(hashOf(id), 5)).toEqual({ blob: id, isWanted: true });
      dedup.placed(hashOf(id), 5, full);
      expect(index.blobs.get(id)).toMatchObject({ kind: 1, frame: 1, basis: undefined });
    }
    expect(index.frames.get(9)!.liveBytes).toBe(0);
    index.close();
  });

  test('is found among thousands in a new repository, where nothing is asked of the index first', () => {
    const index = newIndex();
    index.begin();
    const dedup = createDedup(index);
    for (let number = 0; number < 5000; number += 1) {
      expect(dedup.claim(hashOf(number), 5).isWanted).toBe(true);
      dedup.placed(hashOf(number), 5, full);
    }
    for (let number = 0; number < 5000; number += 1) {
      expect(dedup.claim(hashOf(number), 5)).toEqual({ blob: number + 1, isWanted: false });
    }
    const zeros = new Uint8Array(32);
    expect(dedup.claim(zeros, 5).isWanted).toBe(true);
    index.close();
  });

  test('whose hash begins with zeros is found, too', () => {
    const index = newIndex();
    const dedup = createDedup(index);
    const hash = hashOf(1);
    hash.fill(0, 0, 4);
    expect(dedup.claim(hash, 5)).toEqual({ blob: 1, isWanted: true });
    dedup.placed(hash, 5, full);
    expect(dedup.claim(hash, 5)).toEqual({ blob: 1, isWanted: false });
    index.close();
  });

  test('that nobody asked for is a bug', () => {
    const index = newIndex();
    expect(() => createDedup(index).placed(hashOf(1), 5, full)).toThrow(
      'a blob was stored that nobody asked for',
    );
    index.close();
  });
});
