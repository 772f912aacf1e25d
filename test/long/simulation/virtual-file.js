/** A file of any size without any storage. */
import { randomFillSync } from 'node:crypto';

const PATTERN_BYTES = 1024 * 1024;
/** Every so many bytes the pattern carries seed and page number, so that no two pages are equal. */
const PAGE_BYTES = 4096;

const pattern = randomFillSync(Buffer.alloc(2 * PATTERN_BYTES)).copyWithin(PATTERN_BYTES, 0);
const page = Buffer.alloc(PAGE_BYTES);

/** Bytes of the endless file of `seed` from `offset`. */
function generate(seed, offset, into) {
  const skip = offset % PATTERN_BYTES;
  for (let done = 0; done < into.length;) {
    const from = done === 0 ? skip : 0;
    done += pattern.copy(into, done, from, PATTERN_BYTES);
  }
  for (let number = Math.floor(offset / PAGE_BYTES); ; number++) {
    const at = number * PAGE_BYTES - offset;
    if (at >= into.length) return;
    stamp(seed, number, at, into);
  }
}

/** Writes the first 12 bytes of a page as far as they lie in `into`. */
function stamp(seed, number, at, into) {
  page.writeUInt32LE(seed, 0);
  page.writeDoubleLE(number, 4);
  if (at >= 0) {
    page.copy(into, at, 0, Math.min(12, into.length - at));
  } else if (at > -12) {
    page.copy(into, 0, -at, Math.min(12, into.length - at));
  }
}

/** Stretches of endless files, one after the other. */
export class VirtualFile {
  constructor(segments) {
    this.name = 'virtual file';
    this.segments = [];
    this.size = 0;
    for (const segment of segments) {
      this.segments.push({ ...segment, start: this.size });
      this.size += segment.length;
    }
  }

  readAt(position, into) {
    let done = 0;
    for (const { seed, offset, length, start } of this.segments) {
      const from = position + done;
      if (done === into.length || from >= start + length) continue;
      const piece = into.subarray(done, done + Math.min(into.length - done, start + length - from));
      generate(
        seed,
        offset + from - start,
        Buffer.from(piece.buffer, piece.byteOffset, piece.length),
      );
      done += piece.length;
    }
    return done;
  }

  /** Reads it from its start. */
  source() {
    let position = 0;
    return {
      name: this.name,
      size: this.size,
      read: (into) => {
        const length = this.readAt(position, into);
        position += length;
        return Promise.resolve(length);
      },
    };
  }
}
