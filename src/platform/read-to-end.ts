/**
 * Reads a file whose size says nothing: those of the kernel and of many FUSE and network file systems
 * say that they have 0 bytes. Nor need such a file end: `/proc/kmsg` waits for the next message. It is
 * opened with O_NONBLOCK, so that a read which would wait fails with EAGAIN, and given up at a bound.
 */
import * as fs from 'node:fs';
import { performance } from 'node:perf_hooks';

interface EndBounds {
  readonly mostBytes: number;
  readonly mostMs: number;
}

const BOUNDS: EndBounds = { mostBytes: 64 * 1024 * 1024, mostMs: 5000 };

/** As much as one read asks for: seq files of the kernel give at most a page at once. */
const READ_BYTES = 256 * 1024;
/** Between two looks whether a file that has nothing yet has something now, milliseconds. */
const PAUSE_MS = 20;

/** Of one thread, which reads one file at a time. */
let room: Buffer | undefined;

/**
 * All that comes before the end, read from where the descriptor stands, as `cat` would.
 * @throws system errors; EFBIG or ETIMEDOUT where no end comes within the bounds
 */
export function readToEnd(descriptor: number, { mostBytes, mostMs } = BOUNDS): Buffer {
  room ??= Buffer.allocUnsafeSlow(READ_BYTES);
  const startedMs = performance.now();
  const chunks: Buffer[] = [];
  for (let done = 0; ;) {
    const count = readSome(descriptor, room);
    if (count === 0) return Buffer.concat(chunks, done);
    if (performance.now() - startedMs > mostMs) {
      const seconds = mostMs / 1000;
      throw endless('ETIMEDOUT', `no size is known of it, and it did not end within ${seconds} s`);
    }
    if (count === undefined) {
      pause();
      continue;
    }
    done += count;
    if (done > mostBytes) {
      const mebibytes = mostBytes / 1024 ** 2;
      throw endless('EFBIG', `no size is known of it, and it did not end within ${mebibytes} MiB`);
    }
    chunks.push(Buffer.from(room.subarray(0, count)));
  }
}

/** undefined: there is nothing yet. Without a position: not every such file can be read at one. */
function readSome(descriptor: number, into: Buffer): number | undefined {
  try {
    return fs.readSync(descriptor, into, 0, into.length, null);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EAGAIN' || code === 'EINTR') return undefined;
    throw error;
  }
}

function pause(): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PAUSE_MS);
}

function endless(code: string, message: string): NodeJS.ErrnoException {
  return Object.assign(new Error(message), { code });
}
