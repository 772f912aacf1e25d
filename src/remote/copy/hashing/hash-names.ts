/**
 * The names of hashes: Node's, which Varve servers know, and those of Python's hashlib, which
 * pdiffcopy passes on. Any spelling of either is understood.
 */
import { crypto } from '../../../platform/node-modules.js';
import { once } from '../../../platform/once.js';

const SPELLING = /^[a-z][a-z0-9/_-]*$/i;

/** hashlib's names without a counterpart of the same letters and digits. */
const OTHER_NAMES: ReadonlyMap<string, string> = new Map([
  ['blake2b', 'blake2b512'],
  ['blake2s', 'blake2s256'],
]);

/** What hashlib calls hashes that Node spells differently, by Node's name. */
const HASHLIB_NAMES: ReadonlyMap<string, string> = new Map([
  ['blake2b512', 'blake2b'],
  ['blake2s256', 'blake2s'],
  ['sha512-224', 'sha512_224'],
  ['sha512-256', 'sha512_256'],
  ['sha3-224', 'sha3_224'],
  ['sha3-256', 'sha3_256'],
  ['sha3-384', 'sha3_384'],
  ['sha3-512', 'sha3_512'],
]);

/** What is the name of a signature, or an older one of another hash. */
const BY_NAMES = /^(?:rsa-|id-|ssl3-|ripemd$|rmd160$|sha2-)|withrsa|kmac/i;

/** The length that hashes of any length have here, bytes: what Node gave them while it had a default. */
const LENGTHS: ReadonlyMap<string, number> = new Map([
  ['shake128', 16],
  ['shake256', 32],
]);

/** Node's name of a hash that its OpenSSL has, by any spelling of it. */
export function nodeHashName(name: string): string | undefined {
  if (!SPELLING.test(name)) return undefined;
  const wanted = letters(name);
  return nodeNames().get(letters(OTHER_NAMES.get(wanted) ?? wanted));
}

/** What hashlib calls a hash of Node's; undefined for those that it does not have. */
export function hashlibName(name: string): string | undefined {
  if (name === 'blake3' || name === 'xxh64' || LENGTHS.has(name)) return undefined;
  return HASHLIB_NAMES.get(name) ?? name;
}

/** Node's hashes by one name each, those that work. */
export const nodeHashes = once((): readonly string[] =>
  [...new Set(nodeNames().values())].filter((name) => !BY_NAMES.test(name) && works(name)).sort(),
);

/** Starts a hash of Node's. */
export function startNodeHash(name: string): ReturnType<ReturnType<typeof crypto>['createHash']> {
  const outputLength = LENGTHS.get(name);
  return crypto().createHash(name, outputLength === undefined ? {} : { outputLength });
}

/** Node's names by their letters and digits: the plainest of those that are spelled alike. */
const nodeNames = once((): ReadonlyMap<string, string> => {
  const names = new Map<string, string>();
  const byLength = crypto()
    .getHashes()
    .toSorted((a, b) => punctuation(a) - punctuation(b));
  for (const name of byLength) if (!names.has(letters(name))) names.set(letters(name), name);
  return names;
});

/** `sha512-256` before `SHA512/256` and `sha-512/256`. */
const punctuation = (name: string): number =>
  (name.match(/[^a-z0-9]/g)?.length ?? 0) * 2 + (/[/A-Z]/.test(name) ? 1 : 0);

const letters = (name: string): string => name.toLowerCase().replaceAll(/[^a-z0-9]/g, '');

/** Node lists some that its OpenSSL then refuses, such as MD4. */
function works(name: string): boolean {
  try {
    startNodeHash(name).digest();
    return true;
  } catch {
    return false;
  }
}
