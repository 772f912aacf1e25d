/**
 * The part that backup and prune share: a run has a generation, workers that append to packs of their
 * own, a manifest, and one transaction at its end. The order is the whole of its safety:
 *
 *     packs synced  ->  manifest written and synced  ->  transaction committed  ->  space given back
 */
import { CodedError } from '../../errors.js';
import { BlobKind, type BlobPlace } from '../index/blobs.js';
import type { PackRow } from '../index/packs.js';
import type { StoredFrame } from '../model.js';
import { DEFAULT_LEVEL } from '../../platform/zstd.js';
import { FrameKind } from '../packs/frame.js';
import { discardWrites, PackKind, readPackKind } from '../packs/pack-store.js';
import { createPackWriter, FULL_PACK_BYTES, type PackLane } from '../packs/pack-writer.js';
import type { BeginJob } from '../worker/jobs.js';
import type { WorkerPool } from '../worker/pool.js';
import { cutUncommitted } from './cut-packs.js';
import { isCutShort } from './failures.js';
import { shareStoredBytes } from './frame-shares.js';
import type { HeldRepository } from './held.js';
import { keepFree, type MinFree, type SpaceGuard } from './free-space.js';
import { RunManifest, type ManifestWriter } from './run-manifest.js';
import { startWorkers, workerCount, type WorkerOptions } from './workers.js';

export interface RunOptions extends WorkerOptions {
  /** zstd level. Default {@link DEFAULT_LEVEL}. */
  readonly level?: number;
  /** Packs are left alone; the caller ends the run with `abort`. */
  readonly isDryRun?: boolean;
  /** What is to stay free of the file system of the repository. Default: it may be filled. */
  readonly minFree?: MinFree;
}

/** What the operation itself says of its run. */
interface RunPlan {
  /** Blobs go into new packs, so that those that are there can be emptied. Default: false. */
  readonly startsPacks?: boolean;
}

/** Begins the transaction; the caller ends it with `commit` or `abort`. */
export function beginRun(
  repository: HeldRepository,
  options: RunOptions,
  { startsPacks = false }: RunPlan = {},
): WritingRun {
  const { index } = repository;
  const isDryRun = options.isDryRun ?? false;
  const guard = keepFree(repository, isDryRun ? undefined : options.minFree);
  const level = options.level ?? DEFAULT_LEVEL;
  const laneCount = workerCount(repository, options);
  index.begin();
  const generation = index.counters.next('generation');
  const lanes = planLanes(repository, laneCount, startsPacks);
  const beginLane = (lane: number): BeginJob => {
    const packs = lanes[lane];
    if (!packs) throw new Error(`no lane ${lane}`);
    return { type: 'begin', generation, level, lane: packs };
  };
  const pool = startWorkers(repository, options, { begin: beginLane, isDryRun, interrupted });
  const manifestLane = lanes[laneCount];
  if (!manifestLane) throw new Error('no lane for manifests');
  const store = isDryRun ? discardWrites(repository.packs) : repository.packs;
  const packs = createPackWriter(store, manifestLane);
  const manifest = new RunManifest({ index, packs, generation, level });
  return new WritingRun({ repository, generation, pool, manifest, guard });
}

/** What a run is made of. */
interface RunParts {
  readonly repository: HeldRepository;
  readonly generation: number;
  readonly pool: WorkerPool;
  readonly manifest: RunManifest;
  readonly guard: SpaceGuard;
}

export class WritingRun {
  readonly generation: number;
  readonly pool: WorkerPool;
  private readonly repository: HeldRepository;
  private readonly written: RunManifest;
  /** What lay in `packs/` when the run began. */
  private readonly packsBefore: ReadonlySet<number>;
  private readonly guard: SpaceGuard;
  private frameBytes = 0;

  constructor({ repository, generation, pool, manifest, guard }: RunParts) {
    this.repository = repository;
    this.generation = generation;
    this.pool = pool;
    this.written = manifest;
    this.packsBefore = new Set(repository.packs.list());
    this.guard = guard;
  }

  get manifest(): ManifestWriter {
    return this.written;
  }

  /** Bytes appended to packs so far. */
  get bytesStored(): number {
    return this.frameBytes + this.written.bytesStored;
  }

  /**
   * Puts a frame that a worker appended into the index. `place` says for each member, named by its
   * position in the request, whether it is used, and records where it lies.
   * @throws CodedError DISK_FULL when what is to stay free is not
   */
  register(
    frame: StoredFrame,
    place: (position: number, where: BlobPlace) => boolean,
    basisOf?: (position: number) => number,
  ): void {
    const { members, weights, kind, headBytes, pack, offset, lengthBytes } = frame;
    const { counters, frames } = this.repository.index;
    const id = counters.next('frame');
    const shares = shareStoredBytes(lengthBytes - headBytes, weights);
    const blobKind = kind === FrameKind.full ? BlobKind.full : BlobKind.delta;
    let liveBytes = 0;
    members.forEach((position, member) => {
      const storedBytes = shares[member] ?? 0;
      const basis = basisOf?.(position);
      const where = { kind: blobKind, frame: id, member, basis, storedBytes };
      if (place(position, where)) liveBytes += storedBytes;
    });
    const totalBytes = shares.reduce((sum, share) => sum + share, 0);
    frames.insert({ id, pack, offset, lengthBytes, kind, headBytes, liveBytes, totalBytes });
    this.frameBytes += lengthBytes;
    this.guard(lengthBytes);
  }

  /** Syncs, writes the manifest's end around `summary`, and commits after `finish`. */
  async commit(summary: object, finish: () => void): Promise<void> {
    const { repository, pool } = this;
    await commitLengths(repository, pool);
    // Ending the threads takes 4 ms and more, in which the rest is written.
    const closed = pool.close();
    for (const [pack, length] of this.written.end(summary)) {
      putPack(repository, pack, PackKind.manifests, length);
    }
    finish();
    repository.index.commit();
    await closed;
  }

  /**
   * Forgets everything but the bytes in packs, which the next run adopts; where there was no room for
   * more of them, those too, or even a small run would find none.
   */
  async abort(cause?: unknown): Promise<void> {
    await this.pool.close();
    this.repository.index.rollback();
    if (isCutShort(this.repository.path, cause)) cutUncommitted(this.repository, this.packsBefore);
  }
}

function interrupted(): CodedError {
  return new CodedError('INTERRUPTED', 'The run was interrupted; the repository is unchanged.', {
    hint: 'Run it again: what is already stored is not stored twice.',
  });
}

/**
 * Which packs each worker appends to, and last the manifests' lane: packs that are not full are
 * continued (not one that was cut, replaced or is missing), and no two lanes share a number.
 */
function planLanes(
  { index, packs, config }: HeldRepository,
  workers: number,
  startsPacks: boolean,
): PackLane[] {
  const isWhole = ({ number, kind, lengthBytes }: PackRow): boolean =>
    packs.sizeBytes(number) === lengthBytes && readPackKind(packs, number, config.id) === kind;
  const open = index.packs
    .all()
    .filter((pack) => pack.lengthBytes < FULL_PACK_BYTES && isWhole(pack));
  const ofKind = (kind: number): typeof open => open.filter((pack) => pack.kind === kind);
  const blobPacks = startsPacks ? [] : ofKind(PackKind.blobs).slice(-workers);
  const manifestPacks = ofKind(PackKind.manifests).slice(-1);
  const next = index.counters.last('pack') + 1;
  const lane = (position: number, kind: PackKind, resumed: (typeof open)[number] | undefined) => ({
    kind,
    firstNumber: next + position,
    step: workers + 1,
    ...(resumed && { resume: { pack: resumed.number, lengthBytes: resumed.lengthBytes } }),
  });
  return [
    ...Array.from({ length: workers }, (_, worker) =>
      lane(worker, PackKind.blobs, blobPacks[worker]),
    ),
    lane(workers, PackKind.manifests, manifestPacks[0]),
  ];
}

async function commitLengths(repository: HeldRepository, pool: WorkerPool): Promise<void> {
  const lanes = pool.startedLanes();
  const results = await Promise.all(lanes.map((lane) => pool.run({ type: 'sync' }, lane)));
  for (const { packs } of results) {
    for (const [pack, length] of packs) putPack(repository, pack, PackKind.blobs, length);
  }
}

function putPack(
  { index }: HeldRepository,
  pack: number,
  kind: PackKind,
  lengthBytes: number,
): void {
  index.counters.raise('pack', pack);
  index.packs.put(pack, kind, lengthBytes);
}
