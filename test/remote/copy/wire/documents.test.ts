import { describe, expect, test } from 'vitest';
import {
  decodeBegin,
  decodeFacts,
  decodeLeftFacts,
  encodeBegin,
  encodeFacts,
} from '../../../../src/remote/copy/wire/documents.js';

const FACTS = {
  sizeBytes: 5,
  identity: 'id',
  mode: 0o640,
  mtime: { seconds: -1, nanoseconds: 999_999_999 },
};
const FACTS_JSON = { size: 5, identity: 'id', mode: 0o640, mtime: [-1, 999_999_999] };
const BEGIN = {
  sizeBytes: 5,
  blockBytes: 4096,
  method: 'blake3',
  isInPlace: false,
  basis: { name: 'left', identity: 'x' },
  mode: undefined,
  mtime: undefined,
} as const;
const BEGIN_JSON = {
  size: 5,
  block_size: 4096,
  method: 'blake3',
  in_place: false,
  basis: { name: 'left', identity: 'x' },
};
const malformed = expect.objectContaining({ code: 'REMOTE_PROTOCOL' }) as Error;
const sent = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

describe('what is known of a file', () => {
  test('has these names on the wire, and what is unknown is left out', () => {
    expect(sent(encodeFacts(FACTS))).toEqual(FACTS_JSON);
    expect(sent(encodeFacts({ ...FACTS, dataBytes: 3 }))).toEqual({ ...FACTS_JSON, data_bytes: 3 });
    const unknown = { ...FACTS, mode: undefined, mtime: undefined };
    expect(sent(encodeFacts(unknown))).toEqual({ size: 5, identity: 'id' });
    expect(decodeFacts({ size: 5, identity: 'id', mode: null, mtime: null })).toEqual(unknown);
    expect(decodeFacts(FACTS_JSON)).toEqual(FACTS);
    expect(decodeLeftFacts({ ...FACTS_JSON, data_bytes: 0 })).toEqual({ ...FACTS, dataBytes: 0 });
  });

  test.each([
    ['size', [undefined, -1, 0.5, '5', null]],
    ['identity', [undefined, 7, null, 'x'.repeat(4097)]],
    ['mode', [-1, 0o10000, '644', 0.5]],
    ['mtime', [5, [], [1], [1, -1], [1, 1e9], [0.5, 1], ['1', 1], {}]],
  ])('is refused where its %s is none', (name, values) => {
    for (const value of values) {
      expect(() => decodeFacts({ ...FACTS_JSON, [name]: value })).toThrow(malformed);
    }
  });

  test('is refused of what was left without the bytes that it has', () => {
    for (const value of [undefined, null, -1, '0']) {
      expect(() => decodeLeftFacts({ ...FACTS_JSON, data_bytes: value })).toThrow(malformed);
    }
  });

  test.each([
    [0, 0],
    [0o7777, 0o777],
    [0o4755, 0o755],
    [0o2750, 0o750],
    [0o1777, 0o777],
  ])('gives permissions only: of %i, %i', (mode, kept) => {
    expect(decodeFacts({ ...FACTS_JSON, mode }).mode).toBe(kept);
    expect(decodeBegin({ ...BEGIN_JSON, mode }).mode).toBe(kept);
  });
});

describe('what begins a new file', () => {
  test('has these names on the wire', () => {
    expect(sent(encodeBegin(BEGIN))).toEqual(BEGIN_JSON);
    expect(decodeBegin(BEGIN_JSON)).toEqual(BEGIN);
    const all = { ...BEGIN, isInPlace: true, mode: 0o600, mtime: { seconds: 1, nanoseconds: 2 } };
    const json = { ...BEGIN_JSON, in_place: true, mode: 0o600, mtime: [1, 2] };
    expect(sent(encodeBegin(all))).toEqual(json);
    expect(decodeBegin(json)).toEqual(all);
    expect(decodeBegin({ ...BEGIN_JSON, basis: null }).basis).toBeUndefined();
  });

  test('is in place only where that is said with the very word', () => {
    for (const other of [1, 'true', null, undefined, {}]) {
      expect(decodeBegin({ ...BEGIN_JSON, in_place: other }).isInPlace).toBe(false);
    }
  });

  test.each([
    ['size', [undefined, -1, '5']],
    ['block_size', [undefined, -1, 0.5]],
    ['method', [undefined, 7]],
    ['basis', [7, 'old', {}, { name: 'old' }, { name: 'new', identity: 'x' }]],
    ['mode', [-1, 0o10000]],
    ['mtime', [[1, 1e9], 'now']],
  ])('is refused where its %s is none', (name, values) => {
    for (const value of values) {
      expect(() => decodeBegin({ ...BEGIN_JSON, [name]: value })).toThrow(malformed);
    }
  });
});
