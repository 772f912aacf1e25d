/**
 * The standalone form of a delta: magic, version, hashes, lengths, then the four streams end to
 * end. The repository stores the streams apart; this form is for files, tests and other programs.
 */
import { CodedError } from '../errors.js';
import type { Delta } from './delta.js';
import { HASH_BYTES } from '../platform/hash.js';
import { ByteWriter, corrupt, readVarint, type Cursor } from './varint.js';

/** `VRVD` */
const DELTA_MAGIC = Buffer.from('VRVD', 'latin1');

/** The only version so far; a reader refuses any other. */
const DELTA_VERSION = 1;

const FIXED_BYTES = DELTA_MAGIC.length + 1 + 2 * HASH_BYTES;

/** The standalone form of `delta`; `docs/delta-format.md` has it byte by byte. */
export function serializeDelta(delta: Delta): Buffer {
  const streams = [delta.literalLengths, delta.copyLengths, delta.copyOffsets, delta.literals];
  const lengths = new ByteWriter();
  lengths.varint(delta.targetLength);
  for (const stream of streams) lengths.varint(stream.length);
  return Buffer.concat([
    DELTA_MAGIC,
    Buffer.of(DELTA_VERSION),
    delta.basisHash,
    delta.targetHash,
    lengths.finish(),
    ...streams,
  ]);
}

/**
 * Takes the standalone form apart. The streams are views of `bytes`, so nothing is allocated on the
 * word of a length; the instructions in them are checked when they are used.
 *
 * @throws CodedError DELTA_CORRUPT
 */
export function parseDelta(bytes: Uint8Array): Delta {
  checkStart(bytes);
  const hashes = DELTA_MAGIC.length + 1;
  const cursor: Cursor = { bytes, position: FIXED_BYTES };
  const targetLength = readVarint(cursor);
  const lengths = [0, 0, 0, 0].map(() => readVarint(cursor));
  const total = lengths.reduce((sum, length) => sum + length, cursor.position);
  if (total !== bytes.length) throw corrupt('the streams do not fill the bytes at hand');
  const take = (index: number): Uint8Array => {
    const start = cursor.position;
    cursor.position += lengths[index] ?? 0;
    return bytes.subarray(start, cursor.position);
  };
  return {
    basisHash: bytes.subarray(hashes, hashes + HASH_BYTES),
    targetHash: bytes.subarray(hashes + HASH_BYTES, FIXED_BYTES),
    targetLength,
    literalLengths: take(0),
    copyLengths: take(1),
    copyOffsets: take(2),
    literals: take(3),
  };
}

function checkStart(bytes: Uint8Array): void {
  if (bytes.length < FIXED_BYTES) throw corrupt('it is shorter than its header');
  const magic = bytes.subarray(0, DELTA_MAGIC.length);
  if (Buffer.compare(magic, DELTA_MAGIC) !== 0)
    throw corrupt('it does not begin with the magic number');
  const version = bytes[DELTA_MAGIC.length];
  if (version === DELTA_VERSION) return;
  throw new CodedError(
    'DELTA_CORRUPT',
    `The delta has format version ${version ?? 0}; only version 1 is supported.`,
    {
      hint: 'A newer version wrote it: use that version to read it.',
    },
  );
}
