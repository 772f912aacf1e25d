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
import { encodeFrame, FrameKind, FRAME_HEADER_BYTES } from '../packs/frame.js';
import { createManifestPartWriter, type ManifestPartWriter } from '../packs/manifest.js';
import { discardWrites, PackKind, readPackKind } from '../packs/pack-store.js';
import { createPackWriter, FULL_PACK_BYTES, type PackLane } from '../packs/pack-writer.js';
import type { BeginJob } from '../worker/jobs.js';
import type { WorkerPool } from '../worker/pool.js';
import { shareStoredBytes } from './frame-shares.js';
import type { HeldRepository } from './held.js';
import { startWorkers, workerCount, type WorkerOptions } from './workers.js';

/** Changes of the index, as they go into the manifest. */
export interface ManifestWriter extends Pick<
  ManifestPartWriter,
  'path' | 'close' | 'open' | 'touch'
> {
  /** The blob is from now on the delta that this run stored. */
  retired(hash: Uint8Array): void;
}

export interface WritingRun {
  readonly generation: number;
  readonly pool: WorkerPool;
  readonly manifest: ManifestWriter;
  /** Bytes appended to packs so far. */
  readonly bytesStored: number;
  /**
   * Puts a frame that a worker appended into the index. `place` says for each member, named by its
   * position in the request, whether it is used, and records where it lies.
   */
  register(
    frame: StoredFrame,
    place: (position: number, where: BlobPlace) => boolean,
    basisOf?: (position: number) => number,
  ): void;
  /** Syncs, writes the manifest's end around `summary`, and commits after `finish`. */
  commit(summary: object, finish: () => void): Promise<void>;
  /** Forgets everything but the bytes in packs, which the next run adopts. */
  abort(): Promise<void>;
}

export interface RunOptions extends WorkerOptions {
  /** zstd level. Default {@link DEFAULT_LEVEL}. */
  readonly level?: number;
  /** Packs are left alone; the caller ends the run with `abort`. */
  readonly isDryRun?: boolean;
}

/** Records gathered before a manifest part is written: bounds memory, and a part is about 1 MiB. */
const PART_RECORDS = 8192;

/** Begins the transaction; the caller ends it with `commit` or `abort`. */
export function beginRun(repository: HeldRepository, options: RunOptions): WritingRun {
  const { index } = repository;
  const level = options.level ?? DEFAULT_LEVEL;
  const laneCount = workerCount(repository, options);
  index.begin();
  const generation = index.counters.next('generation');
  const lanes = planLanes(repository, laneCount);
  const beginLane = (lane: number): BeginJob => {
    const packs = lanes[lane];
    if (!packs) throw new Error(`no lane ${lane}`);
    return { type: 'begin', generation, level, lane: packs };
  };
  const isDryRun = options.isDryRun ?? false;
  const pool = startWorkers(repository, options, { begin: beginLane, isDryRun, interrupted });
  const manifestLane = lanes[laneCount];
  if (!manifestLane) throw new Error('no lane for manifests');
  const store = isDryRun ? discardWrites(repository.packs) : repository.packs;
  const manifests = createPackWriter(store, manifestLane);
  let part = createManifestPartWriter();
  const retired: Uint8Array[] = [];
  let partCount = 0;
  let bytesStored = 0;

  const appendManifest = (kind: 3 | 4, sections: readonly Uint8Array[]): void => {
    const bytes = encodeFrame({ kind }, generation, sections, { level });
    const address = manifests.append(bytes);
    const headBytes = FRAME_HEADER_BYTES + bytes.readUInt32LE(12);
    const id = index.counters.next('frame');
    index.frames.insert({ id, ...address, kind, headBytes, liveBytes: 1, totalBytes: 1 });
    bytesStored += bytes.length;
  };
  const flushPart = (): void => {
    if (part.recordCount === 0) return;
    appendManifest(FrameKind.manifestPart, part.finish());
    part = createManifestPartWriter();
    partCount += 1;
  };
  const flushFullPart = (): void => {
    if (part.recordCount >= PART_RECORDS) flushPart();
  };

  return {
    generation,
    pool,
    get bytesStored() {
      return bytesStored;
    },
    manifest: {
      path: (change) => part.path(change),
      close(path) {
        part.close(path);
        flushFullPart();
      },
      open(change) {
        part.open(change);
        flushFullPart();
      },
      touch(change) {
        part.touch(change);
        flushFullPart();
      },
      retired: (hash) => void retired.push(hash),
    },
    register(frame, place, basisOf) {
      const { members, weights, kind, headBytes, pack, offset, lengthBytes } = frame;
      const id = index.counters.next('frame');
      const shares = shareStoredBytes(lengthBytes - headBytes, weights);
      let liveBytes = 0;
      members.forEach((position, member) => {
        const storedBytes = shares[member] ?? 0;
        const blobKind = kind === FrameKind.full ? BlobKind.full : BlobKind.delta;
        const where = {
          kind: blobKind,
          frame: id,
          member,
          basis: basisOf?.(position),
          storedBytes,
        };
        if (place(position, where)) liveBytes += storedBytes;
      });
      const totalBytes = shares.reduce((sum, share) => sum + share, 0);
      const row = { id, pack, offset, lengthBytes, kind, headBytes, liveBytes, totalBytes };
      index.frames.insert(row);
      bytesStored += lengthBytes;
    },
    async commit(summary, finish) {
      await commitLengths(repository, pool);
      // Ending the threads takes 4 ms and more, in which the rest is written.
      const closed = pool.close();
      flushPart();
      const document = Buffer.from(JSON.stringify({ ...summary, parts: partCount }));
      appendManifest(FrameKind.manifestEnd, [document, Buffer.concat(retired)]);
      for (const [pack, length] of manifests.sync()) {
        putPack(repository, pack, PackKind.manifests, length);
      }
      finish();
      index.commit();
      await closed;
    },
    async abort() {
      await pool.close();
      index.rollback();
    },
  };
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
function planLanes({ index, packs, config }: HeldRepository, workers: number): PackLane[] {
  const isWhole = ({ number, kind, lengthBytes }: PackRow): boolean =>
    packs.sizeBytes(number) === lengthBytes && readPackKind(packs, number, config.id) === kind;
  const open = index.packs
    .all()
    .filter((pack) => pack.lengthBytes < FULL_PACK_BYTES && isWhole(pack));
  const ofKind = (kind: number): typeof open => open.filter((pack) => pack.kind === kind);
  const blobPacks = ofKind(PackKind.blobs).slice(-workers);
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
