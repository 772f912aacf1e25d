/** The progress line on a terminal: how much is done, how fast, and how long it will still take. */
import { formatBytes } from './bytes.js';
import { count } from './count.js';
import { formatElapsed } from './times.js';
import { truncateToWidth } from './width.js';

/** Redrawn at most this often. */
const REDRAW_MS = 100;
/** Before this, a rate is a guess. */
const RATE_AFTER_MS = 1000;
const USUAL_COLUMNS = 80;
const CLEAR_LINE = '\r\x1b[K';

/** What has been gone through so far, or will have been at the end. */
export interface Totals {
  readonly files: number;
  readonly bytes: number;
}

/** The part of `process.stderr` that is used. */
export interface ProgressStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

/** What to show besides the totals. */
export interface ProgressOptions {
  /** What is going on, one word or two, for example `backup`. */
  readonly label: string;
  /** The noun for what is counted, in the singular. Default `file`. */
  readonly unit?: string;
  /** The totals to expect, those of the previous snapshot; without them there is no share and no ETA. */
  readonly expected?: Totals;
}

/**
 * One line that is redrawn in place, at most ten times a second and only when something is
 * reported. Silent when the stream is no terminal. Lives from its construction, when its time
 * starts, until {@link finish}.
 */
export class ProgressLine {
  readonly #stream: ProgressStream;
  readonly #clockMs: () => number;
  readonly #options: ProgressOptions;
  readonly #startedMs: number;
  #drawnMs = -Infinity;
  #line = '';

  /** `clockMs` counts milliseconds from anywhere and should not jump. */
  constructor(stream: ProgressStream, clockMs: () => number, options: ProgressOptions) {
    this.#stream = stream;
    this.#clockMs = clockMs;
    this.#options = options;
    this.#startedMs = clockMs();
  }

  /** Reports all that is done so far, not what was added. */
  update(done: Totals): void {
    if (this.#stream.isTTY !== true) return;
    const nowMs = this.#clockMs();
    if (nowMs - this.#drawnMs < REDRAW_MS) return;
    this.#drawnMs = nowMs;
    const line = describeProgress(done, nowMs - this.#startedMs, this.#options);
    this.#line = truncateToWidth(line, columnsOf(this.#stream) - 1);
    this.#stream.write(CLEAR_LINE + this.#line);
  }

  /** Writes a line of its own, above the progress; also where the stream is no terminal. */
  message(text: string): void {
    this.#stream.write(this.#line === '' ? `${text}\n` : `${CLEAR_LINE}${text}\n${this.#line}`);
  }

  /** Takes the line away; later messages stand alone. */
  finish(): void {
    if (this.#line !== '') this.#stream.write(CLEAR_LINE);
    this.#line = '';
  }
}

/** A terminal that does not know its width says 0. */
function columnsOf({ columns = 0 }: ProgressStream): number {
  return columns > 0 ? columns : USUAL_COLUMNS;
}

/** The text of the line: `backup  42%  1200 files  3.40 GiB  120 MiB/s  ETA 1:23`. */
export function describeProgress(
  done: Totals,
  elapsedMs: number,
  { label, unit = 'file', expected }: ProgressOptions,
): string {
  const share = expected && shareDone(done, expected);
  const parts = [label];
  if (share !== undefined) parts.push(`${Math.floor(share * 100)}%`);
  parts.push(count(done.files, unit), formatBytes(done.bytes));
  if (elapsedMs >= RATE_AFTER_MS) {
    parts.push(`${formatBytes(Math.round((done.bytes * 1000) / elapsedMs))}/s`);
    if (share !== undefined && share > 0) {
      parts.push(`ETA ${formatElapsed((elapsedMs * (1 - share)) / share)}`);
    }
  }
  return parts.join('  ');
}

/**
 * The share that is done: the mean of files and bytes, since many small files take time without
 * bytes and a large one bytes without files. Undefined once more is done than was expected.
 */
function shareDone(done: Totals, expected: Totals): number | undefined {
  const shares = [done.files / expected.files, done.bytes / expected.bytes].filter(Number.isFinite);
  if (shares.length === 0 || shares.some((share) => share > 1)) return undefined;
  return shares.reduce((sum, share) => sum + share, 0) / shares.length;
}
