/**
 * What was measured: every command of every round, and the medians over the rounds.
 *
 * @module
 */

/** @typedef {import('./command.js').Timing} Timing */
/** @typedef {{operation: string, tool: string, round: number}} Key */
/** @typedef {Key & {command: string[], timing: Timing}} TimeSample one command */
/** @typedef {Key & {allocatedBytes: number, apparentBytes: number}} SizeSample */

/**
 * @typedef {object} Summary of one operation with one tool, over the rounds
 * @property {number} rounds
 * @property {number} [wallMs] median of the rounds' sums over their commands
 * @property {number} [wallMsLeast]
 * @property {number} [wallMsMost]
 * @property {number} [cpuMs] user and system, median
 * @property {number} [peakRssBytes] the most of any round
 * @property {number} [allocatedBytes] median
 * @property {number} [apparentBytes] median
 */

/**
 * @typedef {object} Samples
 * @property {(sample: TimeSample) => void} addTime
 * @property {(sample: SizeSample) => void} addSize
 * @property {(operation: string, tool: string) => Summary | undefined} summary
 * @property {(tool: string) => number | undefined} peakRssBytes over all operations
 * @property {() => {times: TimeSample[], sizes: SizeSample[]}} raw
 */

/**
 * @param {(line: string) => void} progress told of each sample as it comes
 * @returns {Samples}
 */
export function collectSamples(progress) {
  /** @type {TimeSample[]} */
  const times = [];
  /** @type {SizeSample[]} */
  const sizes = [];
  return {
    addTime: (sample) => {
      times.push(sample);
      const { operation, tool, round, timing } = sample;
      progress(`${operation}  ${tool}  #${round + 1}: ${(timing.wallMs / 1000).toFixed(3)} s`);
    },
    addSize: (sample) => {
      sizes.push(sample);
      const { operation, tool, round, allocatedBytes } = sample;
      progress(
        `${operation}  ${tool}  #${round + 1}: ${(allocatedBytes / 2 ** 20).toFixed(1)} MiB`,
      );
    },
    summary: (operation, tool) => {
      const its = (/** @type {Key} */ s) => s.operation === operation && s.tool === tool;
      return summarise(times.filter(its), sizes.filter(its));
    },
    peakRssBytes: (tool) => {
      const peaks = times.filter((s) => s.tool === tool).map((s) => s.timing.peakRssBytes);
      return peaks.length === 0 ? undefined : Math.max(...peaks);
    },
    raw: () => ({ times, sizes }),
  };
}

/**
 * @param {TimeSample[]} times
 * @param {SizeSample[]} sizes
 * @returns {Summary | undefined}
 */
function summarise(times, sizes) {
  if (sizes.length > 0) {
    return {
      rounds: sizes.length,
      allocatedBytes: median(sizes.map((s) => s.allocatedBytes)),
      apparentBytes: median(sizes.map((s) => s.apparentBytes)),
    };
  }
  if (times.length === 0) return undefined;
  const walls = sumByRound(times, (t) => t.wallMs);
  return {
    rounds: walls.length,
    wallMs: median(walls),
    wallMsLeast: Math.min(...walls),
    wallMsMost: Math.max(...walls),
    cpuMs: median(sumByRound(times, (t) => t.userMs + t.systemMs)),
    peakRssBytes: Math.max(...times.map((s) => s.timing.peakRssBytes)),
  };
}

/**
 * @param {TimeSample[]} samples
 * @param {(timing: Timing) => number} value
 */
function sumByRound(samples, value) {
  /** @type {Map<number, number>} */
  const sums = new Map();
  for (const { round, timing } of samples) {
    sums.set(round, (sums.get(round) ?? 0) + value(timing));
  }
  return [...sums.values()];
}

/** @param {number[]} values at least one */
export function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const upper = /** @type {number} */ (sorted[sorted.length >> 1]);
  const lower = /** @type {number} */ (sorted[(sorted.length - 1) >> 1]);
  return (lower + upper) / 2;
}
