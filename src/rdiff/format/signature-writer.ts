/** Basis in, signature out: in pieces of any size, in memory that does not depend on the basis. */
import { ByteBuilder, writeUint } from './bytes.js';
import { MAX_BLOCK_LENGTH } from './arguments.js';
import { expectWhole, isObject, wrongArgument } from './expect.js';
import { fill, InputBuffer, type Fillable } from './input-buffer.js';
import type { WeakName } from './kinds.js';
import { encodeHeader, entryBytes, WEAK_BYTES, type SignatureHeader } from './signature.js';
import { hashBlocks, strongHash, type StrongHash } from './strong.js';
import { Kernel } from './wasm/kernel.js';

/** Blocks are summed about this many bytes at a time, whole multiples of the hash's lanes. */
const BATCH_BYTES = 1024 * 1024;
/** Side by side hashing of blocks beyond this much memory is not worth it. */
const MAX_BATCH_BYTES = 16 * 1024 * 1024;

function batchBlocks(blockLength: number, hash: StrongHash): number {
  const lanes = Math.max(1, Math.min(hash.lanes, Math.floor(MAX_BATCH_BYTES / blockLength)));
  return lanes * Math.max(1, Math.floor(BATCH_BYTES / (blockLength * lanes)));
}

/** The weak sum of `length` bytes at `address`. */
export const weakSum = (kernel: Kernel, weak: WeakName, address: number, length: number): number =>
  (weak === 'rollsum' ? kernel.run.rollsum : kernel.run.rabinKarp)(address, length) >>> 0;

/** Computes entries of a signature, without its header. */
export class BlockSummer implements Fillable {
  private readonly header: SignatureHeader;
  private readonly output: ByteBuilder;
  private readonly kernel = new Kernel();
  private readonly hash: StrongHash;
  private readonly batch: number;
  private readonly digests: number;
  private readonly input: InputBuffer;

  /** @param output takes the entries. */
  constructor(header: SignatureHeader, output: ByteBuilder) {
    this.header = header;
    this.output = output;
    this.hash = strongHash(header.kind.strong);
    this.batch = batchBlocks(header.blockLength, this.hash);
    this.digests = this.kernel.reserve(this.batch * this.hash.digestBytes);
    this.input = new InputBuffer(this.kernel, this.batch * header.blockLength);
  }

  room(): Uint8Array {
    return this.input.room();
  }

  filled(length: number): void {
    this.input.filled(length);
    if (this.input.length === this.batch * this.header.blockLength) this.flush();
  }

  /** Sums what is held; a last block may be short. */
  flush(): void {
    const { blockLength } = this.header;
    const whole = Math.floor(this.input.length / blockLength);
    if (whole > 0) this.sum(whole, blockLength);
    if (this.input.length > 0) this.sum(1, this.input.length);
  }

  private sum(count: number, length: number): void {
    const { kernel, hash, digests, input, output, header } = this;
    hashBlocks(kernel, hash, { address: input.start, length, count }, digests);
    const size = entryBytes(header);
    const { bytes, offset } = output.append(count * size);
    for (let block = 0; block < count; block++) {
      const at = offset + block * size;
      const weak = weakSum(kernel, header.kind.weak, input.start + block * length, length);
      writeUint(bytes, at, WEAK_BYTES, weak);
      const digest = digests + block * hash.digestBytes;
      bytes.set(kernel.bytes.subarray(digest, digest + header.strongLength), at + WEAK_BYTES);
    }
    input.drop(count * length);
  }
}

function checkHeader(header: SignatureHeader): void {
  if (!isObject(header) || !isObject(header.kind)) {
    const expected = 'an object with kind, blockLength and strongLength';
    throw wrongArgument('The header', expected, header, 'signatureKind gives a kind.');
  }
  expectWhole('The block length', header.blockLength, 1, MAX_BLOCK_LENGTH);
  expectWhole('The strong sum length', header.strongLength, 1, header.kind.maxStrongLength);
}

/**
 * Writes a signature incrementally.
 *
 * @example
 * const writer = new SignatureWriter({ kind: signatureKind(), blockLength: 2048, strongLength: 32 });
 * const file = Buffer.concat([writer.update(basis), writer.finish()]);
 */
export class SignatureWriter implements Fillable {
  private readonly output = new ByteBuilder();
  private readonly summer: BlockSummer;

  /** @throws CodedError RDIFF_PARAMETER */
  constructor(header: SignatureHeader) {
    checkHeader(header);
    this.output.push(encodeHeader(header));
    this.summer = new BlockSummer(header, this.output);
  }

  /** Takes the next piece of the basis; returns the bytes of signature that are ready. */
  update(bytes: Uint8Array): Uint8Array {
    fill(this.summer, bytes);
    return this.output.take();
  }

  /** Returns the rest of the signature. */
  finish(): Uint8Array {
    this.summer.flush();
    return this.output.take();
  }

  /** Memory to read the basis into, instead of {@link update}; then say how much with {@link filled}. */
  room(): Uint8Array {
    return this.summer.room();
  }

  filled(length: number): void {
    this.summer.filled(length);
  }

  /** After {@link filled}: the bytes of signature that are ready. */
  take(): Uint8Array {
    return this.output.take();
  }
}
