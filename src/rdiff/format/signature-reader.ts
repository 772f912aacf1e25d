/** Signature file in, {@link Signature} out. Strict: what librsync takes by accident is refused. */
import { CodedError } from '../../errors.js';
import { count } from '../../platform/count.js';
import { ByteBuilder, readUint32 } from './bytes.js';
import { expectBytes } from './expect.js';
import {
  decodeHeader,
  entryBytes,
  HEADER_BYTES,
  type Signature,
  type SignatureHeader,
} from './signature.js';

const ended = (message: string): CodedError =>
  new CodedError('RDIFF_INPUT_ENDED', message, {
    hint: 'The signature was cut off: make it again.',
  });

/** Reads a signature incrementally; memory grows with what arrives, not with what is declared. */
export class SignatureReader {
  private readonly received = new ByteBuilder();
  private header: SignatureHeader | undefined;

  /** Takes the next piece. @throws CodedError RDIFF_BAD_MAGIC, RDIFF_CORRUPT, RDIFF_PARAMETER */
  update(bytes: Uint8Array): void {
    expectBytes('The piece', bytes);
    this.received.push(bytes);
    if (this.header === undefined && this.received.length >= HEADER_BYTES) {
      this.header = decodeHeader(this.received.view());
    }
  }

  /** The whole signature. @throws CodedError RDIFF_INPUT_ENDED when it stops within header or entry */
  finish(): Signature {
    const { header } = this;
    if (header === undefined) {
      throw ended(
        `The signature has ${count(this.received.length, 'byte')}; its header has ${HEADER_BYTES}`,
      );
    }
    const entries = this.received.view().subarray(HEADER_BYTES);
    if (entries.length % entryBytes(header) !== 0) {
      throw ended(
        `The signature ends within an entry: ${count(entries.length, 'byte')} of entries are no multiple of ${entryBytes(header)}`,
      );
    }
    const blockCount = entries.length / entryBytes(header);
    return { ...header, blockCount, weak: weakSums(entries, entryBytes(header)), entries };
  }
}

function weakSums(entries: Uint8Array, size: number): Uint32Array {
  const weak = new Uint32Array(entries.length / size);
  for (let block = 0; block < weak.length; block++) {
    weak[block] = readUint32(entries, block * size);
  }
  return weak;
}
