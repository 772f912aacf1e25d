import { describe, expect, test } from 'vitest';
import { BlobKind, type PlacedBlob } from '../../../../src/repo/index/blobs.js';
import type { Index } from '../../../../src/repo/index/index.js';
import {
  blobList,
  fullBlob,
  recordRetired,
  retirable,
  worthDelta,
} from '../../../../src/repo/operations/backup/retired.js';
import type { StoredFrame } from '../../../../src/repo/model.js';
import type { WritingRun } from '../../../../src/repo/repository/writing-run.js';

type Place = Parameters<WritingRun['register']>[1];
type BasisOf = Parameters<WritingRun['register']>[2];

function blob(id: number, more: Partial<PlacedBlob> = {}): PlacedBlob {
  const hash = Buffer.alloc(32, id);
  const frame = { pack: 1, offset: id * 100, lengthBytes: 100 };
  return {
    id,
    hash,
    kind: BlobKind.full,
    lengthBytes: 256,
    frame: id * 10,
    member: 0,
    basis: undefined,
    storedBytes: 100,
    tailLinks: 0,
    tailBytes: 0,
    address: { hash, lengthBytes: 256, frame, member: 0 },
    ...more,
  };
}

/** An index of these blobs, which notes what is changed in it, and a run of one frame. */
function prepare(blobs: readonly PlacedBlob[], current: readonly number[] = []) {
  const changes: unknown[] = [];
  const of = (id: number) => blobs.find((one) => one.id === id);
  const index = {
    blobs: {
      get: of,
      placed: of,
      isCurrent: (id: number) => current.includes(id),
      sizedOfContent: (content: number) => [{ id: content, lengthBytes: 7, kind: BlobKind.full }],
      place: (...args: unknown[]) => void changes.push(['place', ...args]),
      setTail: (...args: unknown[]) => void changes.push(['tail', ...args]),
    },
    frames: { addLive: (...args: unknown[]) => void changes.push(['live', ...args]) },
  };
  const where = { kind: BlobKind.delta, frame: 900, member: 2, basis: 2, storedBytes: 30 };
  const outcome: { used?: boolean; basis?: number } = {};
  const run = {
    manifest: { retired: (hash: Buffer) => void changes.push(['retired', hash[0]]) },
    register(_: StoredFrame, place: Place, basisOf: BasisOf) {
      outcome.used = place(0, where);
      outcome.basis = basisOf!(0);
    },
  };
  /** Hangs the delta of blob 1 against blob 2 into their chains. */
  const record = (old = blob(1)): void =>
    recordRetired(
      run as unknown as WritingRun,
      index as unknown as Index,
      () => ({ old, newer: 2 }),
      {} as StoredFrame,
    );
  return { index: index as unknown as Index, changes, outcome, record, where };
}

describe('the blobs of a content', () => {
  const { index } = prepare([blob(4, { lengthBytes: 12, kind: BlobKind.delta })]);

  test('are its list, or its only one', () => {
    const listed = [{ id: 9, lengthBytes: 7, kind: BlobKind.full }];
    expect(blobList(index, { type: 'content', content: 9 })).toEqual(listed);
    const only = [{ id: 4, lengthBytes: 12, kind: BlobKind.delta }];
    expect(blobList(index, { type: 'blob', blob: 4 })).toEqual(only);
    expect(blobList(index, { type: 'none' })).toEqual([]);
  });

  test('count as lost where nothing is known of them', () => {
    const unknown = [{ id: 5, lengthBytes: 0, kind: BlobKind.lost }];
    expect(blobList(index, { type: 'blob', blob: 5 })).toEqual(unknown);
  });
});

/** Whether it is whole, worth a delta, and may be retired. */
test.each<[string, Partial<PlacedBlob>, number[], [boolean, boolean, boolean]]>([
  ['a whole one of 256 bytes', {}, [], [true, true, true]],
  ['one of 255 bytes', { lengthBytes: 255 }, [], [true, false, false]],
  ['a current one', {}, [1], [true, true, false]],
  ['a delta', { kind: BlobKind.delta }, [], [false, false, false]],
  ['a lost one', { kind: BlobKind.lost }, [], [false, false, false]],
  ['a hole', { kind: BlobKind.hole }, [], [false, false, false]],
])('%s', (_, more, current, expected) => {
  const one = blob(1, more);
  const { index } = prepare([one], current);
  const answers = [fullBlob(index, 1), worthDelta(index, 1), retirable(index, 1)];
  expect(answers).toEqual(expected.map((is) => (is ? one : undefined)));
  expect([fullBlob, worthDelta, retirable].map((ask) => ask(index, 2))).toEqual([
    undefined,
    undefined,
    undefined,
  ]);
});

describe('a delta', () => {
  test('takes the place of the full copy, wherever that lies by now, and its tail goes on', () => {
    const moved = blob(1, { frame: 77, storedBytes: 90, tailLinks: 3, tailBytes: 40 });
    const { changes, outcome, record, where } = prepare([moved, blob(2, { tailLinks: 1 })]);
    record(blob(1));
    expect(outcome).toEqual({ used: true, basis: 2 });
    expect(changes).toEqual([
      ['live', 77, -90],
      ['place', 1, where],
      ['tail', 2, 4, 70],
      ['retired', 1],
    ]);
  });

  test('leaves the longer tail of its basis as it is', () => {
    const basis = blob(2, { tailLinks: 8, tailBytes: 88 });
    const { changes, record } = prepare([blob(1), basis]);
    record();
    expect(changes).toContainEqual(['tail', 2, 8, 88]);
  });

  test.each<[string, Partial<PlacedBlob>, number[]]>([
    ['its blob is current', {}, [1]],
    ['its blob is a delta already', { kind: BlobKind.delta }, []],
    ['its chain would cost more to read than a copy', { tailBytes: 71 }, []],
    ['its chain would have more than 500 links', { tailLinks: 500 }, []],
  ])('is not used where %s', (_, more, current) => {
    const { changes, outcome, record } = prepare([blob(1, more), blob(2)], current);
    record();
    expect(outcome).toEqual({ used: false, basis: 2 });
    expect(changes).toEqual([]);
  });

  test('is used where its chain costs just as much, and has just as many links', () => {
    const { outcome, record } = prepare([blob(1, { tailBytes: 70, tailLinks: 499 }), blob(2)]);
    record();
    expect(outcome.used).toBe(true);
  });

  test('whose basis is gone is a mistake', () => {
    const { record } = prepare([blob(1)]);
    expect(() => record()).toThrow('the basis of a delta is gone');
  });
});
