/** The names of hashes: Node's and hashlib's, in any spelling; which ones there are, OpenSSL decides. */
import { createHash, getHashes } from 'node:crypto';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  hashlibName,
  nodeHashes,
  nodeHashName,
} from '../../../../src/remote/copy/hashing/hash-names.js';
import { loadHashMethod } from '../../../../src/remote/copy/hashing/methods.js';
import { zeroDigest } from '../../../../src/remote/copy/hashing/zeros.js';
import { noise, runs } from '../../../support/seed.js';

/** What Python 3's `hashlib.algorithms_available` has, with the same hash of Node's. */
const HASHLIB: readonly (readonly [string, string])[] = [
  ['md5', 'md5'],
  ['sha1', 'sha1'],
  ['sha224', 'sha224'],
  ['sha256', 'sha256'],
  ['sha384', 'sha384'],
  ['sha512', 'sha512'],
  ['sha512_224', 'sha512-224'],
  ['sha512_256', 'sha512-256'],
  ['sha3_224', 'sha3-224'],
  ['sha3_256', 'sha3-256'],
  ['sha3_384', 'sha3-384'],
  ['sha3_512', 'sha3-512'],
  ['blake2b', 'blake2b512'],
  ['blake2s', 'blake2s256'],
  ['md5-sha1', 'md5-sha1'],
  ['ripemd160', 'ripemd160'],
  ['sm3', 'sm3'],
];

describe("hashlib's names", () => {
  test.each(HASHLIB)('%s is %s here, and told to pdiffcopy as its own', async (name, node) => {
    const method = await loadHashMethod(name);
    expect(method.name).toBe(node);
    expect(hashlibName(method.name)).toBe(name);
    const bytes = noise(1000);
    expect(Buffer.from(method.digest(bytes))).toEqual(createHash(node).update(bytes).digest());
  });

  test.each(['SHA-256', 'Sha3-256', 'SHA3_256', 'BLAKE2b512', 'blake2b-512', 'sha512/256'])(
    '%s is one of them',
    async (name) => {
      expect(nodeHashes()).toContain((await loadHashMethod(name)).name);
    },
  );

  test('those of any length have one', async () => {
    expect(await loadHashMethod('shake_128')).toMatchObject({ name: 'shake128', digestBytes: 16 });
    expect(await loadHashMethod('shake256')).toMatchObject({ name: 'shake256', digestBytes: 32 });
  });
});

test.each(['md4', 'whirlpool', 'sha0', 'crc32', '', 'sha3', '../sha1'])(
  '"%s" is refused, with all that there are',
  async (name) => {
    await expect(loadHashMethod(name)).rejects.toMatchObject({
      code: 'USAGE_HASH_METHOD',
      message: `"${name}" is not a hash method that Node.js has here.`,
      hint: expect.stringMatching(
        /^Use one of these: blake3, xxh64, .*md5, .*sha3-256, .*sm3\.$/,
      ) as string,
    });
  },
);

test('every name of Node is understood, and each hash is listed once', async () => {
  for (const name of getHashes()) {
    const known = nodeHashName(name);
    expect(known).toBeDefined();
    const method = await loadHashMethod(name);
    const same = createHash(
      name,
      name.startsWith('shake') ? { outputLength: method.digestBytes } : {},
    );
    expect(Buffer.from(method.digest(Buffer.from('x')))).toEqual(same.update('x').digest());
  }
  const all = await Promise.all(nodeHashes().map((name) => loadHashMethod(name)));
  const digests = all.map(({ digest }) => Buffer.from(digest(Buffer.from('x'))).toString('hex'));
  expect(new Set(digests).size).toBe(digests.length);
});

test('a hash of parts is that of the whole, and zeros need not be there to be hashed', async () => {
  const methods = await Promise.all(['blake3', 'xxh64', 'blake2s', 'sha3_384'].map(loadHashMethod));
  fc.assert(
    fc.property(fc.constantFrom(...methods), fc.nat(600_000), fc.nat(600_000), (method, a, b) => {
      const bytes = noise(a, b);
      const hash = method.start();
      const middle = Math.min(a, b);
      hash.update(bytes.subarray(0, middle));
      hash.update(bytes.subarray(middle));
      expect(Buffer.from(hash.digest())).toEqual(Buffer.from(method.digest(bytes)));
      expect(Buffer.from(zeroDigest(method, b))).toEqual(
        Buffer.from(method.digest(new Uint8Array(b))),
      );
    }),
    runs(30),
  );
});
