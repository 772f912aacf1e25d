/**
 * The progress line on a terminal: how long it has taken, how much is done, how fast, how long it will
 * still take, and at which file it is.
 */
import type { ByteString } from '../../store.js';
import { formatBytes } from './bytes.js';
import { count } from '../../platform/count.js';
import { formatName } from './names.js';
import { clearLine } from './terminal-line.js';
import { formatElapsed } from './times.js';
import { displayWidth, truncateToWidth } from './width.js';

/** Redrawn at most this often. */
const REDRAW_MS = 100;
/** Before this, a rate is a guess. */
const RATE_AFTER_MS = 1000;
const USUAL_COLUMNS = 80;
const GAP = '  ';
/** The name of a file is given this many columns at least, or none. */
const LEAST_NAME_COLUMNS = 8;
/** From this width on, the rate makes room for a name. */
const ROOMY_COLUMNS = 70;

/** What has been gone through so far, or will have been at the end. */
export interface Totals {
  readonly files: number;
  readonly bytes: number;
}

export interface ProgressState extends Totals {
  /** The file that was gone through last. */
  readonly current?: ByteString;
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
  /** The totals to expect; without them there is no share and no ETA. */
  readonly expected?: Totals;
}

/**
 * One line that is redrawn in place, at most ten times a second: when something is reported, and when
 * {@link tick} says that time has passed. Silent when the stream is no terminal. Lives from its
 * construction, when its time starts, until {@link finish}.
 */
export class ProgressLine {
  readonly #stream: ProgressStream;
  readonly #clockMs: () => number;
  readonly #startedMs: number;
  #options: ProgressOptions;
  #done: ProgressState = { files: 0, bytes: 0 };
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
  update(done: ProgressState): void {
    this.#done = done;
    this.tick();
  }

  /** Says what the totals will be. */
  expect(expected: Totals): void {
    this.#options = { ...this.#options, expected };
  }

  /** Shows how the time passes. */
  tick(): void {
    if (this.#stream.isTTY !== true) return;
    const nowMs = this.#clockMs();
    if (nowMs - this.#drawnMs < REDRAW_MS) return;
    this.#drawnMs = nowMs;
    const columns = columnsOf(this.#stream) - 1;
    this.#line = describeProgress(this.#done, nowMs - this.#startedMs, this.#options, columns);
    this.#stream.write(clearLine(this.#stream) + this.#line);
  }

  /** Writes lines of their own, each ended, above the progress; also where the stream is no terminal. */
  message(lines: string): void {
    const clear = this.#line === '' ? '' : clearLine(this.#stream);
    this.#stream.write(clear + lines + this.#line);
  }

  /** Takes the line away; later messages stand alone. */
  finish(): void {
    if (this.#line !== '') this.#stream.write(clearLine(this.#stream));
    this.#line = '';
  }
}

/** A terminal that does not know its width says 0. */
function columnsOf({ columns = 0 }: ProgressStream): number {
  return columns > 0 ? columns : USUAL_COLUMNS;
}

/**
 * The text of the line: `backup [0:07]  42%  12/29 files  3.40/8.10 GiB  120 MiB/s  ETA 1:23  name`.
 * Where that is too long the name is cut first, from its beginning; then the rate, the totals and what
 * is done are left out, at last the time. Share and ETA stay.
 */
export function describeProgress(
  done: ProgressState,
  elapsedMs: number,
  options: ProgressOptions,
  columns: number,
): string {
  const lines = layouts(done, elapsedMs, options).map((parts) => parts.join(GAP));
  const room = columns >= ROOMY_COLUMNS ? GAP.length + LEAST_NAME_COLUMNS : 0;
  const shown =
    lines.find((line) => line.length + room <= columns) ??
    lines.find((line) => line.length <= columns) ??
    truncateToWidth(lines.at(-1) ?? '', columns);
  const left = columns - shown.length - GAP.length;
  if (done.current === undefined || left < LEAST_NAME_COLUMNS) return shown;
  return `${shown}${GAP}${endOf(formatName(done.current), left)}`;
}

/** What the line says, from most to least. */
function layouts(
  done: ProgressState,
  elapsedMs: number,
  { label, unit = 'file', expected }: ProgressOptions,
): string[][] {
  const share = expected && shareDone(done, expected);
  const hasRate = elapsedMs >= RATE_AFTER_MS;
  const percent = share === undefined ? [] : [`${Math.floor(share * 100)}%`];
  const start = [`${label} [${formatElapsed(elapsedMs)}]`, ...percent];
  // One file that is copied is not counted.
  const counts = expected?.files !== 0;
  const files = counts ? [count(done.files, unit)] : [];
  const bytes = formatBytes(done.bytes);
  const rate = hasRate ? [`${formatBytes(Math.round((done.bytes * 1000) / elapsedMs))}/s`] : [];
  const eta =
    hasRate && share !== undefined && share > 0
      ? [`ETA ${formatElapsed((elapsedMs * (1 - share)) / share)}`]
      : [];
  const totals =
    expected && share !== undefined
      ? [
          ...(counts ? [`${done.files}/${count(expected.files, unit)}`] : []),
          expected.bytes > 0 ? ofTotal(done.bytes, expected.bytes) : bytes,
        ]
      : [...files, bytes];
  return [
    [...start, ...totals, ...rate, ...eta],
    [...start, ...totals, ...eta],
    [...start, ...files, bytes, ...eta],
    [...start, bytes, ...eta],
    [...start, ...eta],
    [label, ...percent, ...(eta.length > 0 ? eta : files)],
  ];
}

/** `3.40/8.10 GiB`, `340 MiB/8.10 GiB`. */
function ofTotal(bytes: number, totalBytes: number): string {
  const [amount = '', unit] = formatBytes(bytes).split(' ');
  const total = formatBytes(totalBytes);
  return total.endsWith(` ${unit ?? ''}`)
    ? `${amount}/${total}`
    : `${amount} ${unit ?? ''}/${total}`;
}

/** As much of the end of a name as fits. */
function endOf(name: string, columns: number): string {
  if (displayWidth(name) <= columns) return name;
  let used = 3;
  let kept = '';
  for (const character of Array.from(name).reverse()) {
    used += displayWidth(character);
    if (used > columns) break;
    kept = character + kept;
  }
  return `...${kept}`;
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
