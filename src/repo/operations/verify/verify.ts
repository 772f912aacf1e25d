/**
 * Verify: structure first, then every blob of every version rebuilt once and compared with its hash,
 * walking each chain from its full end. A sample takes the frames verified longest ago, and what was
 * verified is remembered.
 */
import { CodedError, isDamage } from '../../../errors.js';
import type { Inconsistency } from '../../index/audit.js';
import { openIndex, type Index } from '../../index/index.js';
import type { ErrorCode } from '../../../errors.js';
import type { FrameRow } from '../../index/frames.js';
import { decodeFrameHead, FrameKind, isPayloadIntact } from '../../packs/frame.js';
import { readFrame } from '../../packs/frame-reader.js';
import type { ByteString } from '../../../platform/bytes.js';
import { explainFailure } from '../../repository/failures.js';
import { layoutOf } from '../../repository/layout.js';
import { startWorkers, type WorkerOptions } from '../../repository/workers.js';
import { createLimiter } from '../../../threads/limiter.js';
import type { Repository } from '../../repository/repository.js';
import type { HeldRepository } from '../../repository/held.js';
import { allFamilies, familyOf, groupIntoJobs, type Family } from './families.js';
import { checkStructure } from './structure.js';

/** How much of the repository a run verifies; each takes what was verified longest ago first. */
export type VerifySample =
  | { readonly type: 'share'; readonly fraction: number }
  | { readonly type: 'bytes'; readonly bytes: number }
  | { readonly type: 'time'; readonly durationMs: number };

export interface VerifyOptions extends WorkerOptions {
  /** Default: everything. */
  readonly sample?: VerifySample;
  /** Structure only: no content is read. */
  readonly isQuick?: boolean;
  readonly onStart?: (expected: VerifyProgress) => void;
  readonly onProgress?: (progress: VerifyProgress) => void;
}

/** `files`: blobs; `bytes`: as rebuilt. */
export interface VerifyProgress {
  readonly files: number;
  readonly bytes: number;
}

export interface Damage {
  readonly code: ErrorCode;
  readonly message: string;
  /** The pack in which it is; undefined for what is wrong in the index alone. */
  readonly pack?: number | undefined;
  /** Where in the pack, bytes from its beginning. */
  readonly offset?: number | undefined;
  /** Paths of which at least one version is affected; at most {@link MAX_PATHS}. */
  readonly paths: readonly ByteString[];
  /** Numbers of the snapshots that have one of these versions. */
  readonly snapshots: readonly number[];
}

/** Where damage is. */
type DamagePlace = Pick<Damage, 'pack' | 'offset'>;

export interface VerifyResult {
  readonly ok: boolean;
  readonly snapshots: number;
  readonly versions: number;
  /** Blobs that were rebuilt; all that there are when quick. */
  readonly blobs: number;
  readonly bytes: number;
  readonly durationMs: number;
  readonly damage: readonly Damage[];
  /** Row ids of the blobs that cannot be rebuilt. */
  readonly damagedBlobs: readonly number[];
  /** Those of them that are damaged themselves; the others come back with what they rest on. */
  readonly brokenBlobs: readonly number[];
  /** Row ids of the frames of manifests that cannot be read. */
  readonly damagedManifests: readonly number[];
}

const MAX_PATHS = 100;
export async function verify(
  repository: Repository,
  options: VerifyOptions = {},
): Promise<VerifyResult> {
  return repository.read((held) => verifyHeld(held, options), options.signal);
}

/** Verifies a repository whose lock the caller holds: for `repair`. */
export async function verifyHeld(
  repository: HeldRepository,
  options: VerifyOptions,
): Promise<VerifyResult> {
  const { index, platform } = repository;
  const startedMs = platform.clock.nowMs();
  const counts = index.audit.counts();
  const findings = new Findings(index);
  for (const problem of checkStructure(repository)) findings.add(problem);
  const manifests = options.isQuick ? [] : checkManifests(repository, findings);
  const read = options.isQuick
    ? { blobs: counts.blobs, bytes: 0, frames: [] }
    : await rebuildAll(repository, options, findings, startedMs);
  if (findings.damage.length === 0) {
    remember(repository, 'sound', [...manifests, ...read.frames]);
  } else if (!options.isQuick) {
    remember(repository, 'damaged', framesOf(repository, findings.broken));
  }
  return {
    ok: findings.damage.length === 0,
    snapshots: counts.snapshots,
    versions: counts.versions,
    blobs: read.blobs,
    bytes: read.bytes,
    durationMs: platform.clock.nowMs() - startedMs,
    damage: findings.damage,
    damagedBlobs: [...findings.blobs],
    brokenBlobs: [...findings.broken],
    damagedManifests: findings.manifests,
  };
}

/** Damage before it is known what it costs. */
interface Finding extends Inconsistency, DamagePlace {
  readonly code: ErrorCode;
}

/** Damage that was found, each blob named once. */
class Findings {
  readonly damage: Damage[] = [];
  readonly blobs = new Set<number>();
  readonly broken = new Set<number>();
  readonly manifests: number[] = [];
  private readonly index: Index;
  /** Numbers of snapshots by their source; read when there is damage. */
  private bySource: Map<number, number[]> | undefined;

  constructor(index: Index) {
    this.index = index;
  }

  add({ code, message, blobs, isOnlyBasis = false, pack, offset }: Finding): void {
    if (!isOnlyBasis) for (const blob of blobs) this.broken.add(blob);
    const unknown = blobs.filter((blob) => !this.blobs.has(blob));
    if (blobs.length > 0 && unknown.length === 0) return;
    for (const blob of unknown) this.blobs.add(blob);
    this.damage.push({ code, message, pack, offset, ...this.costOf(unknown) });
  }

  addManifest({ id, pack, offset }: FrameRow, code: ErrorCode, message: string): void {
    this.manifests.push(id);
    this.add({ code, message, blobs: [], pack, offset });
  }

  /** What is not to be had any more. */
  private costOf(blobs: readonly number[]): Pick<Damage, 'paths' | 'snapshots'> {
    const { versions } = this.index;
    const paths = new Set<number>();
    const snapshots = new Set<number>();
    for (const blob of blobs) {
      for (const { path, first, last } of versions.usingBlob(blob)) {
        if (paths.size < MAX_PATHS) paths.add(path);
        for (const number of this.snapshotsOf(versions.sourceOf(path))) {
          if (number >= first && (last === 0 || number < last)) snapshots.add(number);
        }
      }
    }
    return {
      paths: [...paths].map((path) => versions.fullPath(path)),
      snapshots: [...snapshots].sort((left, right) => left - right),
    };
  }

  private snapshotsOf(source: number): readonly number[] {
    if (!this.bySource) {
      this.bySource = new Map();
      for (const snapshot of this.index.snapshots.all()) {
        const numbers = this.bySource.get(snapshot.source) ?? [];
        numbers.push(snapshot.number);
        this.bySource.set(snapshot.source, numbers);
      }
    }
    return this.bySource.get(source) ?? [];
  }
}

/** Manifests are read here: they are few, and no blob depends on them. */
function checkManifests({ index, packs }: HeldRepository, findings: Findings): FrameRow[] {
  const frames = index.frames
    .byVerification()
    .filter(({ kind }) => kind === FrameKind.manifestPart || kind === FrameKind.manifestEnd);
  for (const frame of frames) {
    try {
      const bytes = readFrame(packs, frame);
      if (isPayloadIntact(decodeFrameHead(bytes), bytes)) continue;
      const message = `The manifest at ${frame.offset} in pack ${frame.pack} is damaged.`;
      findings.addManifest(frame, 'FRAME_CORRUPT', message);
    } catch (error) {
      if (!isDamage(error)) throw error;
      findings.addManifest(frame, error.code, error.message);
    }
  }
  return frames;
}

interface ReadTotals {
  readonly blobs: number;
  readonly bytes: number;
  /** Frames of which every member in use was rebuilt. */
  readonly frames: readonly FrameRow[];
}

async function rebuildAll(
  repository: HeldRepository,
  options: VerifyOptions,
  findings: Findings,
  startedMs: number,
): Promise<ReadTotals> {
  const { index, platform } = repository;
  const pool = startWorkers(repository, options, { interrupted });
  const limiter = createLimiter(pool.laneCount * 2);
  const plan = planFamilies(repository, options, () => platform.clock.nowMs() - startedMs);
  let blobs = 0;
  let bytes = 0;
  options.onStart?.({ files: index.blobs.count(), bytes: 0 });
  try {
    for (const job of groupIntoJobs(plan.families)) {
      if (options.signal?.aborted) throw interrupted();
      await limiter.start(async () => {
        const families = job.map((family) => family.job);
        const result = await pool.run({ type: 'verify', families });
        for (const { family, delta, message, isOnlyBasis } of result.damage) {
          const damaged = job[family];
          const blob = delta === -1 ? damaged?.full : damaged?.deltas[delta];
          if (blob === undefined) continue;
          findings.add({ ...locate(index, blob, message), blobs: [blob], isOnlyBasis });
        }
        blobs += job.reduce((sum, { deltas }) => sum + 1 + deltas.length, 0);
        bytes += result.bytes;
        options.onProgress?.({ files: blobs, bytes });
      });
    }
    await limiter.drain();
    return { blobs, bytes, frames: plan.frames() };
  } finally {
    await pool.close();
  }
}

interface FamilyPlan {
  readonly families: Iterable<Family>;
  /** The frames that have been planned for so far. */
  frames(): FrameRow[];
}

function planFamilies(
  { index }: HeldRepository,
  { sample }: VerifyOptions,
  elapsedMs: () => number,
): FamilyPlan {
  const frames = index.frames
    .byVerification()
    .filter(({ kind }) => kind === FrameKind.full || kind === FrameKind.delta);
  if (!sample) return { families: allFamilies(index), frames: () => frames };
  const total = frames.reduce((sum, { lengthBytes }) => sum + lengthBytes, 0);
  const taken: FrameRow[] = [];
  let takenBytes = 0;
  const isEnough = (): boolean => {
    switch (sample.type) {
      case 'share':
        return takenBytes >= total * sample.fraction;
      case 'bytes':
        return takenBytes >= sample.bytes;
      case 'time':
        return elapsedMs() >= sample.durationMs;
    }
  };
  const { audit } = index;
  function* families(): Generator<Family> {
    const done = new Set<number>();
    for (const frame of frames) {
      if (isEnough()) return;
      taken.push(frame);
      takenBytes += frame.lengthBytes;
      for (const blob of audit.blobsOfFrame(frame.id)) {
        const family = done.has(blob) ? undefined : familyOf(index, blob);
        if (!family) continue;
        done.add(family.full);
        for (const delta of family.deltas) done.add(delta);
        yield family;
      }
    }
  }
  return { families: families(), frames: () => taken };
}

/** A damaged blob, with where it lies. */
function locate(index: Index, blob: number, said: string): Omit<Finding, 'blobs'> {
  const code = 'BLOB_DAMAGED';
  const placed = index.blobs.placed(blob);
  if (!placed) return { code, message: said };
  const { pack, offset } = placed.address.frame;
  const hash = placed.hash.toString('hex');
  const message = `Blob ${hash} in the frame at ${offset} of pack ${pack}: ${said}`;
  return { code, message, pack, offset };
}

/** Where blobs are stored that were found damaged. */
function framesOf({ index }: HeldRepository, blobs: Iterable<number>): Pick<FrameRow, 'id'>[] {
  const ids = Array.from(blobs, (blob) => index.blobs.get(blob)?.frame ?? 0);
  return [...new Set(ids)].filter((id) => id > 0).map((id) => ({ id }));
}

/** Where this cannot be noted, the next verification reads the same frames first again. */
const NOT_NOTED: readonly ErrorCode[] = [
  'DISK_FULL',
  'FILE_SIZE_LIMIT',
  'REPOSITORY_LOCKED',
  'REPOSITORY_READ_ONLY',
];

/** Notes how the frames were found, unless somebody writes just now or nothing may be written. */
function remember(
  repository: HeldRepository,
  how: 'sound' | 'damaged',
  frames: readonly Pick<FrameRow, 'id'>[],
): void {
  if (frames.length === 0 || !repository.platform.files.canWrite(repository.path)) return;
  try {
    note(repository, how, frames);
  } catch (error) {
    const explained = explainFailure(repository.path, 'write', error);
    if (!(explained instanceof CodedError) || !NOT_NOTED.includes(explained.code)) throw explained;
  }
}

function note(
  { path, platform }: HeldRepository,
  how: 'sound' | 'damaged',
  frames: readonly Pick<FrameRow, 'id'>[],
): void {
  const index = openIndex(layoutOf(path).index, 'write', platform.files);
  try {
    index.neverWait();
    index.begin();
    const timeMs = platform.clock.nowMs();
    for (const { id } of frames) {
      if (how === 'sound') index.frames.setVerified(id, timeMs);
      else index.frames.setDamaged(id, timeMs);
    }
    index.commit();
  } catch (error) {
    index.rollback();
    throw error;
  } finally {
    index.close();
  }
}

function interrupted(): CodedError {
  return new CodedError('INTERRUPTED', 'The verification was interrupted; nothing was changed.', {
    hint: 'Use --sample 10m to verify in parts.',
  });
}
