/** Bytes in memory as a source. */
import type { ByteSource, RandomSource } from './bytes-io.js';

/** Reads from a byte string, which must not change while it is being read. */
export class MemorySource implements ByteSource, RandomSource {
  readonly name: string;
  readonly size: number;
  private readonly bytes: Uint8Array;
  private position = 0;

  constructor(name: string, bytes: Uint8Array) {
    this.name = name;
    this.bytes = bytes;
    this.size = bytes.length;
  }

  read(into: Uint8Array): Promise<number> {
    const length = this.readAt(this.position, into);
    this.position += length;
    return Promise.resolve(length);
  }

  readAt(position: number, into: Uint8Array): number {
    const piece = this.bytes.subarray(position, position + into.length);
    into.set(piece);
    return piece.length;
  }
}
