/** What the three steps read from and write to. */

/** Bytes to be read from front to end. */
export interface ByteSource {
  /** For messages. */
  readonly name: string;
  /** Size in bytes; undefined when it is not known beforehand (a pipe). */
  readonly size: number | undefined;
  /** Fills up to `into.length` bytes and returns how many: 0 only at the end. */
  read(into: Uint8Array): Promise<number>;
  /** The file descriptor of a regular file, which other threads may read at any position. */
  readonly descriptor?: number;
}

/** Bytes that can be read anywhere. */
export interface RandomSource {
  readonly name: string;
  /** Fills up to `into.length` bytes from `position` and returns how many: 0 only beyond the end. */
  readAt(position: number, into: Uint8Array): number;
}

/** Takes bytes in order. They are good only until the promise resolves or the call returns. */
export interface ByteSink {
  write(bytes: Uint8Array): void | Promise<void>;
}

/** Options that every step has. */
export interface StepOptions {
  /** Stops the step between two pieces of work. */
  readonly signal?: AbortSignal;
}

/** Between two visits to the event loop: signals are seen, and other work of the process goes on. */
const BYTES_PER_TURN = 16 * 1024 * 1024;

/** Counts work, and once in a while lets the process do something else. */
export class Turns {
  private readonly signal: AbortSignal | undefined;
  private bytes = 0;

  constructor(signal: AbortSignal | undefined) {
    this.signal = signal;
  }

  /** To be called, and awaited if it gives a promise, after every `bytes` of work. */
  done(bytes: number): Promise<void> | undefined {
    this.signal?.throwIfAborted();
    this.bytes += bytes;
    if (this.bytes < BYTES_PER_TURN) return undefined;
    this.bytes = 0;
    return new Promise((resolve) => setImmediate(resolve));
  }
}

/** Settles as `work` does, or fails as soon as `signal` says so. */
export function orAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return work;
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason as Error);
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    void work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}
