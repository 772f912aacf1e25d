/**
 * The file beside a delta that says what patching must give: librsync's formats carry no hash of
 * the result, so a wrong basis or a damaged delta would pass in silence.
 *
 * Three lines of text, each ended by a line feed:
 *
 *     varve-rdiff-hash 1
 *     size 1048576
 *     blake3 <64 hexadecimal digits>
 */
import { CodedError } from '../errors.js';
import { count } from '../platform/count.js';
import { expectPath } from './format/expect.js';

/** What the new file must be. */
export interface ExpectedResult {
  /** Bytes. */
  readonly size: number;
  /** BLAKE3-256, 64 lower-case hexadecimal digits. */
  readonly blake3: string;
}

/** Longest sidecar there can be, bytes: readers need not look further. */
export const MAX_SIDECAR_BYTES = 256;

const SIDECAR = /^varve-rdiff-hash 1\nsize (0|[1-9][0-9]{0,15})\nblake3 ([0-9a-f]{64})\n$/;

/** Where the sidecar of a delta is looked for, unless named. */
export function sidecarPath(delta: string): string {
  expectPath('The delta', delta);
  return `${delta}.hash`;
}

export const formatSidecar = ({ size, blake3 }: ExpectedResult): string =>
  `varve-rdiff-hash 1\nsize ${size}\nblake3 ${blake3}\n`;

/** @throws CodedError RDIFF_CORRUPT when `text` is not exactly a sidecar */
export function parseSidecar(text: string): ExpectedResult {
  const [, digits, blake3] = SIDECAR.exec(text) ?? [];
  const size = Number(digits);
  if (blake3 === undefined || !Number.isSafeInteger(size)) {
    throw new CodedError(
      'RDIFF_CORRUPT',
      'The hash file next to the delta was not written by Varve',
      {
        hint: 'Make the delta again with --verify-hash, or patch without it.',
      },
    );
  }
  return { size, blake3 };
}

/** @throws CodedError RDIFF_HASH_MISMATCH when the results differ */
export function checkResult(expected: ExpectedResult, actual: ExpectedResult): void {
  if (expected.size === actual.size && expected.blake3 === actual.blake3) return;
  const show = ({ size, blake3 }: ExpectedResult) => `${count(size, 'byte')} with BLAKE3 ${blake3}`;
  throw new CodedError(
    'RDIFF_HASH_MISMATCH',
    `The result is not the file that the delta was made from: expected ${show(expected)}, got ${show(actual)}`,
    { hint: 'Check that this is the basis the signature was made from.' },
  );
}

/** The failure of a result that has more bytes than are expected, which are not made. */
export function longerThanExpected({ size }: ExpectedResult): CodedError {
  return new CodedError(
    'RDIFF_HASH_MISMATCH',
    `The result is not the file that the delta was made from: it has more than the expected ${count(size, 'byte')}`,
    { hint: 'Check that the hash file is that of this delta.' },
  );
}
