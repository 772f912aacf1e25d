/** What is known of the way to a server: how fast it is, and how fast it may be. */
import { setTimeout as sleep } from 'node:timers/promises';

/** `auto`: where the link is slower than zstd. */
export type Compression = 'auto' | 'on' | 'off';

/** Below this many bytes a second, compressing costs less time than sending. */
const SLOW_BYTES_PER_SECOND = 200e6;
/** Rates are judged after this many bytes. */
const MIN_BYTES = 2 * 1024 * 1024;

export interface LinkOptions {
  readonly compression: Compression;
  /** Undefined: as fast as it goes. */
  readonly mostBytesPerSecond: number | undefined;
  readonly nowMs: () => number;
}

export class Link {
  private readonly options: LinkOptions;
  private active = 0;
  private activeSinceMs = 0;
  private busyMs = 0;
  private bytes = 0;
  /** When all that was let through so far has passed at the permitted rate. */
  private passedMs = 0;

  constructor(options: LinkOptions) {
    this.options = options;
  }

  /** Whether it is known to be slow, so that it pays to look for every byte that need not be sent. */
  get isSlow(): boolean {
    const { mostBytesPerSecond, nowMs } = this.options;
    if (mostBytesPerSecond !== undefined) return mostBytesPerSecond < SLOW_BYTES_PER_SECOND;
    const busyMs = this.busyMs + (this.active > 0 ? nowMs() - this.activeSinceMs : 0);
    return this.bytes >= MIN_BYTES && (this.bytes * 1000) / busyMs < SLOW_BYTES_PER_SECOND;
  }

  get compresses(): boolean {
    const { compression } = this.options;
    return compression === 'on' || (compression === 'auto' && this.isSlow);
  }

  /** Measures a transfer of `bytes`; several at once count as one. */
  async measure<T>(bytes: number, transfer: () => Promise<T>): Promise<T> {
    const { nowMs } = this.options;
    if (this.active === 0) this.activeSinceMs = nowMs();
    this.active += 1;
    try {
      return await transfer();
    } finally {
      this.bytes += bytes;
      this.active -= 1;
      if (this.active === 0) this.busyMs += nowMs() - this.activeSinceMs;
    }
  }

  /** Waits until `bytes` more may pass. Undefined: at once. */
  pass(bytes: number): Promise<void> | undefined {
    const { mostBytesPerSecond, nowMs } = this.options;
    if (mostBytesPerSecond === undefined) return undefined;
    const now = nowMs();
    this.passedMs = Math.max(now, this.passedMs) + (bytes * 1000) / mostBytesPerSecond;
    return this.passedMs > now ? sleep(this.passedMs - now) : undefined;
  }
}
