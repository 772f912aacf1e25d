/** Big-endian numbers and growing byte strings, as both of librsync's streams need them. */

/** An unsigned 32-bit big-endian number. */
export const readUint32 = (bytes: Uint8Array, offset: number): number => readUint(bytes, offset, 4);

/** An unsigned big-endian number of up to 8 bytes; beyond 2^53 it is rounded, never negative. */
export function readUint(bytes: Uint8Array, offset: number, width: number): number {
  let value = 0;
  for (let i = 0; i < width; i++) value = value * 256 + (bytes[offset + i] as number);
  return value;
}

/** Writes `value` (a safe integer) in `width` bytes, big-endian; returns the offset behind it. */
export function writeUint(bytes: Uint8Array, offset: number, width: number, value: number): number {
  let rest = value;
  for (let i = offset + width - 1; i >= offset; i--) {
    bytes[i] = rest % 256;
    rest = Math.floor(rest / 256);
  }
  return offset + width;
}

const SMALLEST_CAPACITY = 4096;

/** A byte string that grows at its end; twice the room whenever it runs out. */
export class ByteBuilder {
  private buffer = new Uint8Array(SMALLEST_CAPACITY);
  private used = 0;

  get length(): number {
    return this.used;
  }

  /** Makes room for `length` more bytes and returns where they go; all of them must be written. */
  append(length: number): { readonly bytes: Uint8Array; readonly offset: number } {
    const offset = this.used;
    this.used += length;
    if (this.used > this.buffer.length) {
      const grown = new Uint8Array(Math.max(this.used, this.buffer.length * 2));
      grown.set(this.buffer.subarray(0, offset));
      this.buffer = grown;
    }
    return { bytes: this.buffer, offset };
  }

  push(added: Uint8Array): void {
    const { bytes, offset } = this.append(added.length);
    bytes.set(added, offset);
  }

  /** What was written, without a copy: good until the next change. */
  view(): Uint8Array {
    return this.buffer.subarray(0, this.used);
  }

  clear(): void {
    this.used = 0;
  }

  /** What was written since the last call, as bytes of their own. */
  take(): Uint8Array {
    const taken = this.buffer.slice(0, this.used);
    this.used = 0;
    return taken;
  }
}
