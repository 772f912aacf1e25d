/** Hashes bytes on their way, for the sidecar. */
import type { ByteSink, ByteSource } from './bytes-io.js';
import type { ExpectedResult } from './sidecar.js';
import { startBlake3 } from '../platform/hash.js';

/** A source of the same bytes, read front to end by one thread. */
export class HashingSource implements ByteSource {
  readonly name: string;
  readonly size: number | undefined;
  private readonly source: ByteSource;
  private readonly hash = startBlake3();
  private length = 0;

  constructor(source: ByteSource) {
    this.source = source;
    this.name = source.name;
    this.size = source.size;
  }

  async read(into: Uint8Array): Promise<number> {
    const length = await this.source.read(into);
    this.hash.update(into.subarray(0, length));
    this.length += length;
    return length;
  }

  /** What was read, once all was. */
  result(): ExpectedResult {
    return { size: this.length, blake3: this.hash.hex() };
  }
}

/** A sink for the same bytes. */
export class HashingSink implements ByteSink {
  private readonly sink: ByteSink;
  private readonly hash = startBlake3();
  private length = 0;

  constructor(sink: ByteSink) {
    this.sink = sink;
  }

  write(bytes: Uint8Array): void | Promise<void> {
    this.hash.update(bytes);
    this.length += bytes.length;
    return this.sink.write(bytes);
  }

  /** What was written, once all was. */
  result(): ExpectedResult {
    return { size: this.length, blake3: this.hash.hex() };
  }
}
