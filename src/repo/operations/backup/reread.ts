/**
 * Which files are read although nothing says that they changed: all of them, or a share in each run
 * that comes round to every file. Stateless, so that an interrupted run or a rebuilt index changes
 * nothing: the path's id and the snapshot's number decide.
 */

/** Whether the file whose path has this id is read although it seems unchanged. */
export type IsDue = (path: number) => boolean;

export interface RereadOptions {
  /** Reads every file, whatever its times say. */
  readonly readsAll?: boolean;
  /** Reads this share of the files that seem unchanged: above 0, at most 1. */
  readonly rereadShare?: number;
}

/** The run that is asked about. */
export interface RereadRun {
  /** The number of the snapshot that it makes. */
  readonly snapshot: number;
  /** Whether the repository holds no other source. */
  readonly isOnlySource: boolean;
}

/** The files that a run reads although they seem unchanged. */
export function rereadsOf({ readsAll, rereadShare }: RereadOptions, run: RereadRun): IsDue {
  if (readsAll) return () => true;
  if (rereadShare === undefined) return () => false;
  const turns = Math.ceil(1 / rereadShare);
  const turn = run.isOnlySource ? run.snapshot % turns : slotOf(run.snapshot, turns);
  return (path) => slotOf(path, turns) === turn;
}

/**
 * Fibonacci hashing (Knuth, The Art of Computer Programming 3, 6.4) of a number into one of `slots`:
 * numbers that follow each other, as the ids of one directory do, fall into all of them evenly.
 *
 * So do every second or third number, which is why it also orders the turns where snapshots of several
 * sources are numbered through: `snapshot % turns` would never come to half of an even number of turns.
 * Up to 12 sources in turn come round to every file within mostly 2, at worst 8 times `turns` runs.
 */
function slotOf(number: number, slots: number): number {
  const hash = Math.imul(number, 0x9e3779b1) >>> 0;
  return Math.floor((hash / 2 ** 32) * slots);
}
