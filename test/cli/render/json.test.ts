import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CodedError } from '../../../src/index.js';
import { errorDocument, jsonChunks } from '../../../src/cli/render/json.js';

const text = (document: object) => [...jsonChunks(document)].join('');

describe('a document', () => {
  test('is one line', () => {
    expect(text({ ok: true, blobs: 3, damage: [{ code: 'X' }], note: null })).toBe(
      '{"ok":true,"blobs":3,"damage":[{"code":"X"}],"note":null}\n',
    );
  });

  test('may be empty', () => {
    expect(text({})).toBe('{}\n');
    expect(text({ entries: [] })).toBe('{"entries":[]}\n');
  });

  test('takes a list as it comes', () => {
    function* entries() {
      yield { path: 'a' };
      yield { path: 'b' };
    }
    expect(text({ entries: entries(), snapshot: 1 })).toBe(
      '{"entries":[{"path":"a"},{"path":"b"}],"snapshot":1}\n',
    );
  });

  test('writes a long list in pieces', () => {
    const entries = Array.from({ length: 50_000 }, (_, i) => ({ path: `/home/file-${i}` }));
    const chunks = [...jsonChunks({ entries })];
    expect(chunks.length).toBeGreaterThan(10);
    expect(JSON.parse(chunks.join(''))).toEqual({ entries });
  });

  test('writes a bigint as a number as long as that is exact', () => {
    expect(text({ bytes: 9007199254740991n, inodes: [2n ** 64n - 1n, -5n] })).toBe(
      '{"bytes":9007199254740991,"inodes":["18446744073709551615",-5]}\n',
    );
  });

  test('is what JSON.stringify would write', () => {
    const value = fc.dictionary(fc.string(), fc.oneof(fc.jsonValue(), fc.constant(undefined)));
    fc.assert(
      fc.property(value, (document) => {
        expect(text(document)).toBe(`${JSON.stringify(document)}\n`);
      }),
    );
  });
});

describe('an error document', () => {
  test('has code, message and hint', () => {
    const error = new CodedError('NO_SNAPSHOTS', 'There are no snapshots yet.', { hint: 'Do.' });
    expect(text(errorDocument(error))).toBe(
      '{"error":{"code":"NO_SNAPSHOTS","message":"There are no snapshots yet.","hint":"Do."}}\n',
    );
  });

  test('has the hint null when there is none', () => {
    expect(errorDocument(new CodedError('USAGE_TIME', 'No.'))).toEqual({
      error: { code: 'USAGE_TIME', message: 'No.', hint: null },
    });
  });
});
