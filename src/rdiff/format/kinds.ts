/** The four kinds of signature, and the numbers at the start of librsync's streams. */
import { CodedError } from '../../errors.js';
import { expectOneOf } from './expect.js';

export type WeakName = 'rollsum' | 'rabinkarp';
export type StrongName = 'md4' | 'blake2';

/** Which weak and which strong sum a signature holds. */
export interface SignatureKind {
  readonly magic: number;
  readonly weak: WeakName;
  readonly strong: StrongName;
  /** Length of a whole strong sum, bytes; signatures may keep fewer. */
  readonly maxStrongLength: number;
}

/** `rs\x026`: one delta format for every kind of signature. */
export const DELTA_MAGIC = 0x72730236;

const KINDS: readonly SignatureKind[] = [
  { magic: 0x72730136, weak: 'rollsum', strong: 'md4', maxStrongLength: 16 },
  { magic: 0x72730137, weak: 'rollsum', strong: 'blake2', maxStrongLength: 32 },
  { magic: 0x72730146, weak: 'rabinkarp', strong: 'md4', maxStrongLength: 16 },
  { magic: 0x72730147, weak: 'rabinkarp', strong: 'blake2', maxStrongLength: 32 },
];

/** The largest strong sum of any kind. */
export const MAX_STRONG_LENGTH = 32;

/** The kind with these sums; by default the one that `rdiff` writes since 2.2. @throws CodedError RDIFF_PARAMETER */
export function signatureKind(
  weak: WeakName = 'rabinkarp',
  strong: StrongName = 'blake2',
): SignatureKind {
  expectOneOf('The weak sum', weak, ['rabinkarp', 'rollsum']);
  expectOneOf('The strong sum', strong, ['blake2', 'md4']);
  return KINDS.find((kind) => kind.weak === weak && kind.strong === strong) as SignatureKind;
}

/** The kind that a signature's magic number names, or undefined. */
export function kindOfMagic(magic: number): SignatureKind | undefined {
  return KINDS.find((kind) => kind.magic === magic);
}

/** The failure for a stream that starts with another number. */
export function badMagic(stream: string, magic: number, expected: string): CodedError {
  const hex = `0x${magic.toString(16).padStart(8, '0')}`;
  return new CodedError(
    'RDIFF_BAD_MAGIC',
    `The ${stream} starts with the magic number ${hex}; ${expected} was expected`,
    { hint: `Check that this file is a librsync ${stream} and that the arguments are in order.` },
  );
}
