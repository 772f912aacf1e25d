import { describe, expect, test } from 'vitest';
import {
  hashlibName,
  nodeHashes,
  nodeHashName,
  startNodeHash,
} from '../../../../src/remote/copy/hashing/hash-names.js';

test.each([
  ['sha256', 'sha256'],
  ['SHA256', 'sha256'],
  ['sha-256', 'sha256'],
  ['sha3_256', 'sha3-256'],
  ['SHA3-256', 'sha3-256'],
  ['sha512_256', 'sha512-256'],
  ['SHA512/256', 'sha512-256'],
  ['blake2b', 'blake2b512'],
  ['BLAKE2s', 'blake2s256'],
  ['blake2b512', 'blake2b512'],
  ['shake_128', 'shake128'],
  ['none', undefined],
  ['', undefined],
  ['../sha1', undefined],
  ['1sha', undefined],
  ['sha1;ls', undefined],
  ['sha1\n', undefined],
])('%j is %s to Node', (name, node) => {
  expect(nodeHashName(name)).toBe(node);
});

test.each<[string, string | undefined]>([
  ['sha1', 'sha1'],
  ['blake2b512', 'blake2b'],
  ['blake2s256', 'blake2s'],
  ['sha512-224', 'sha512_224'],
  ['sha512-256', 'sha512_256'],
  ...['224', '256', '384', '512'].map((bits): [string, string] => [`sha3-${bits}`, `sha3_${bits}`]),
  ['blake3', undefined],
  ['xxh64', undefined],
  ['shake128', undefined],
  ['shake256', undefined],
])('%s is %s to hashlib', (name, hashlib) => {
  expect(hashlibName(name)).toBe(hashlib);
});

describe('the hashes of this Node', () => {
  test('have one name each, in order, and no name of a signature', () => {
    const names = nodeHashes();
    expect(names).toEqual([...new Set(names)].toSorted());
    expect(names).toEqual(
      expect.arrayContaining(['md5', 'sha1', 'sha256', 'sha3-256', 'shake128']),
    );
    const others = ['RSA', 'id-', 'ssl3-', 'ripemd', 'rmd160', 'sha2-', 'WithRSA', 'kmac', 'KMAC'];
    for (const other of others) {
      expect(names.filter((name) => name !== 'ripemd160' && name.includes(other))).toEqual([]);
    }
    for (const name of names) expect(startNodeHash(name).digest().length).toBeGreaterThan(0);
  });

  test.each([
    ['sha1', 20],
    ['shake128', 16],
    ['shake256', 32],
  ])('%s has %i bytes', (name, length) => {
    expect(startNodeHash(name).digest()).toHaveLength(length);
  });
});
