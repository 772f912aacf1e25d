/**
 * Joining deltas without the texts between them. A copy of the older delta reads a range of the
 * text in the middle; the newer delta says which runs that range is made of.
 */
import { CodedError } from '../errors.js';
import type { Delta } from './delta.js';
import { BASIS, readScript, Script, writeScript } from './script.js';
import { corrupt } from './varint.js';

/**
 * One delta for two: `newer` rebuilds M from N, `older` rebuilds O from M, the result O from N.
 * Reads the instructions alone; literal bytes are moved, never interpreted.
 *
 * @throws CodedError DELTA_BASIS_MISMATCH if they do not fit, DELTA_CORRUPT if one is malformed,
 * DELTA_TOO_LARGE if the result would need more memory than either can justify.
 */
export function composeDeltas(newer: Delta, older: Delta): Delta {
  return foldDeltas([newer, older]);
}

/**
 * One delta for a chain: `deltas[0]` is the nearest to the full text, each next one's basis is the
 * target of the one before. Composed as a balanced tree: 1000 links of 50 edits take about 30 ms,
 * folding them in from one end seconds.
 *
 * @throws CodedError as {@link composeDeltas}
 */
export function foldDeltas(deltas: readonly Delta[]): Delta {
  const [first] = deltas;
  const last = deltas[deltas.length - 1];
  if (first === undefined || last === undefined) throw new Error('a chain has at least one delta');
  checkChain(deltas);
  return {
    basisHash: first.basisHash,
    targetHash: last.targetHash,
    targetLength: last.targetLength,
    ...writeScript(foldRange(deltas, 0, deltas.length), deltas),
  };
}

function checkChain(deltas: readonly Delta[]): void {
  for (let i = 1; i < deltas.length; i += 1) {
    const basis = deltas[i]?.basisHash ?? new Uint8Array(0);
    if (Buffer.compare(basis, deltas[i - 1]?.targetHash ?? new Uint8Array(0)) === 0) continue;
    throw new CodedError('DELTA_BASIS_MISMATCH', `Delta ${i} of the chain has a different basis.`, {
      hint: 'Each delta must be made against the result of the one before it.',
    });
  }
}

function foldRange(deltas: readonly Delta[], from: number, to: number): Script {
  const delta = deltas[from];
  if (delta === undefined) throw new Error('an empty range of a chain');
  if (to - from === 1) return readScript(delta, from);
  const middle = (from + to) >>> 1;
  return compose(foldRange(deltas, from, middle), foldRange(deltas, middle, to));
}

/** Replaces each copy of `older` by the runs of `newer` that it reads. */
function compose(newer: Script, older: Script): Script {
  const middle = new MiddleText(newer);
  const result = new Script(newer.count + older.count);
  for (let i = 0; i < older.count; i += 1) {
    const length = older.lengths[i] ?? 0;
    const start = older.starts[i] ?? 0;
    const origin = older.origins[i] ?? BASIS;
    if (origin === BASIS) middle.copyRuns(start, length, result);
    else result.push(length, start, origin);
  }
  return result;
}

/** Where each run ends in the text that the script rebuilds. */
function runEnds(script: Script): Float64Array {
  const ends = new Float64Array(script.count);
  let end = 0;
  for (let i = 0; i < script.count; i += 1) {
    end += script.lengths[i] ?? 0;
    ends[i] = end;
  }
  return ends;
}

/** The text between two deltas, as the runs of the script that rebuilds it. */
class MiddleText {
  private readonly script: Script;
  private readonly ends: Float64Array;
  /** Where the last run was found. */
  private hint = 0;

  constructor(script: Script) {
    this.script = script;
    this.ends = runEnds(script);
  }

  /** Appends to `result` the runs that `[start, start + length)` is made of. */
  copyRuns(start: number, length: number, result: Script): void {
    const { script, ends } = this;
    const end = start + length;
    if (end > (ends[ends.length - 1] ?? 0)) {
      throw corrupt('a copy reads beyond the end of its basis');
    }
    let run = findRun(ends, start, this.hint);
    for (let at = start; at < end; run += 1) {
      const runEnd = ends[run] ?? end;
      const stop = Math.min(runEnd, end);
      const runStart = runEnd - (script.lengths[run] ?? 0);
      const origin = script.origins[run] ?? BASIS;
      result.push(stop - at, (script.starts[run] ?? 0) + at - runStart, origin);
      at = stop;
    }
    this.hint = run - 1;
  }
}

/** The run that holds position `at`: mostly the one of the copy before or the next, else by bisection. */
function findRun(ends: Float64Array, at: number, hint: number): number {
  for (let run = hint; run < hint + 3; run += 1) {
    if (at < (ends[run] ?? 0) && at >= (run === 0 ? 0 : (ends[run - 1] ?? 0))) return run;
  }
  let low = 0;
  let high = ends.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((ends[middle] ?? 0) <= at) low = middle + 1;
    else high = middle;
  }
  return low;
}
