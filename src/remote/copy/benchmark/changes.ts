/** What a benchmark does to a target before each copy. */
import type { Platform } from '../../../platform/platform.js';

const PAGE_BYTES = 4096;
const WRITE_BYTES = 1024 * 1024;
/** One page in this many is changed. */
const SCATTER = 100;

/** Makes the first `bytes` of a file zero. */
export function zeroFront({ files }: Platform, path: string, bytes: number): void {
  const zeros = Buffer.alloc(WRITE_BYTES);
  const descriptor = files.open(path, 'append');
  try {
    for (let done = 0; done < bytes; done += zeros.length) {
      files.write(descriptor, zeros.subarray(0, bytes - done), done);
    }
  } finally {
    files.close(descriptor);
  }
}

/** Changes one page in a hundred, at random places. Returns the bytes changed. */
export function scatterPages(platform: Platform, path: string, sizeBytes: number): number {
  const { files } = platform;
  const pages = Math.floor(sizeBytes / PAGE_BYTES);
  const count = Math.ceil(pages / SCATTER);
  const places = platform.randomBytes(count * 6);
  const view = Buffer.from(places.buffer, places.byteOffset, places.byteLength);
  const descriptor = files.open(path, 'append');
  try {
    for (let index = 0; index < count; index++) {
      const page = view.readUIntBE(index * 6, 6) % Math.max(1, pages);
      files.write(descriptor, platform.randomBytes(PAGE_BYTES), page * PAGE_BYTES);
    }
  } finally {
    files.close(descriptor);
  }
  return count * PAGE_BYTES;
}

/** Puts one byte more at a file's front, in a file of its own. */
export function prependByte({ files }: Platform, path: string): void {
  const from = `${path}.before`;
  files.rename(path, from);
  const source = files.open(from, 'read');
  const target = files.open(path, 'create');
  const buffer = Buffer.alloc(WRITE_BYTES);
  try {
    files.write(target, Buffer.from('x'), 0);
    for (let position = 0; ; position += WRITE_BYTES) {
      const length = files.read(source, buffer, position);
      if (length === 0) break;
      files.write(target, buffer.subarray(0, length), position + 1);
    }
  } finally {
    files.close(source);
    files.close(target);
    files.remove(from);
  }
}
