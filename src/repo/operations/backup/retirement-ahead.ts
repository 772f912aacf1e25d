/**
 * Retiring ahead, while the new bytes are at hand: what a file held before becomes reverse deltas in
 * the job that stores what it holds now, while the walk goes on. The deltas lie in packs and wait for
 * its end: only then is it known which old blobs no current version uses. One that is not used stays
 * dead in its frame, like any other.
 *
 * A backup of 46 600 files with 1 % edited takes 1.36 s of processor time so, and 1.53 with a
 * phase of its own for all deltas; it uses the second processor while the first walks.
 */
import type { PlacedBlob } from '../../index/blobs.js';
import type { Index } from '../../index/index.js';
import type { StoredFrame } from '../../model.js';
import type { WritingRun } from '../../repository/writing-run.js';
import { recordRetired, worthDelta, type BlobPair } from './retired.js';

/** A blob that is stored now, and the path and the blob that it replaces. */
export interface Succession {
  readonly path: number;
  readonly old: number;
  readonly newer: number;
  /** Position of the newer blob in its ticket. */
  readonly position: number;
}

/** A succession that a worker is asked to make a delta of. */
interface PlannedDelta extends BlobPair {
  readonly position: number;
}

export interface RetirementAhead {
  /** Those that are worth a delta, in the order of the packs; no old blob is planned twice. */
  plan(successions: readonly Succession[]): PlannedDelta[];
  /** Takes the frames of a job; members are positions in `planned`. */
  keep(frames: readonly StoredFrame[], planned: readonly PlannedDelta[]): void;
  /** After the walk: puts the deltas of blobs that are not current into their chains. */
  finish(): void;
  /** Whether a delta of the blob was made. */
  hasDelta(old: number): boolean;
  /** Whether a delta of these two was asked for, paid or not. */
  wasTried(old: number, newer: number): boolean;
}

export function createRetirementAhead(run: WritingRun, index: Index): RetirementAhead {
  const tried = new Map<number, number>();
  const made = new Set<number>();
  const waiting: { frame: StoredFrame; planned: readonly PlannedDelta[] }[] = [];

  const planOne = ({ path, old, newer, position }: Succession): PlannedDelta[] => {
    if (tried.has(old) || old === newer) return [];
    const blob = worthDelta(index, old);
    if (!blob || index.blobs.isCurrentElsewhere(old, path)) return [];
    tried.set(old, newer);
    return [{ old: blob, newer, position }];
  };

  return {
    plan: (successions) => successions.flatMap(planOne).sort(byAddress),
    keep(frames, planned) {
      for (const frame of frames) {
        waiting.push({ frame, planned });
        for (const position of frame.members) made.add(pairOf(planned, position).old.id);
      }
    },
    finish() {
      for (const { frame, planned } of waiting.splice(0)) {
        recordRetired(run, index, (position) => pairOf(planned, position), frame);
      }
    },
    hasDelta: (old) => made.has(old),
    wasTried: (old, newer) => tried.get(old) === newer,
  };
}

function pairOf(planned: readonly PlannedDelta[], position: number): PlannedDelta {
  const pair = planned[position];
  if (!pair) throw new Error(`no pair ${position}`);
  return pair;
}

function byAddress(
  { old: left }: { old: PlacedBlob },
  { old: right }: { old: PlacedBlob },
): number {
  const { frame: one } = left.address;
  const { frame: other } = right.address;
  return one.pack - other.pack || one.offset - other.offset;
}
