/**
 * Repair. With `rebuildsIndex`, the index is rebuilt from the packs and replaces the old
 * one only when it is complete. Without, damage is found and quarantined: a blob whose own bytes are
 * damaged is marked lost, so that the next backup stores them again wherever it still sees them. What
 * is a delta against it stays, since it comes back with it.
 * On a healthy repository nothing changes.
 */
import { BlobKind } from '../../index/blobs.js';
import { openIndex } from '../../index/index.js';
import type { PackRow } from '../../index/packs.js';
import { isDamage } from '../../../errors.js';
import { openDirectoryPackStore, PACK_HEADER_BYTES, readPackKind } from '../../packs/pack-store.js';
import type { Platform } from '../../../platform/platform.js';
import { explainFailure } from '../../repository/failures.js';
import { layoutOf } from '../../repository/layout.js';
import type { HeldRepository } from '../../repository/held.js';
import { keepReserve, releaseReserveIfShort } from '../../repository/reserve.js';
import type { Repository } from '../../repository/repository.js';
import { verifyHeld, type Damage, type VerifyOptions } from '../verify/verify.js';
import { rebuildIndex, type RebuildReport } from './rebuild-index.js';

export interface RepairOptions extends Pick<VerifyOptions, 'jobs' | 'signal' | 'createPool'> {
  readonly rebuildsIndex: boolean;
  /** Says what would be done. */
  readonly isDryRun?: boolean;
}

export interface RepairResult {
  readonly snapshots: number;
  readonly blobs: number;
  /** Blobs that are needed and cannot be rebuilt. */
  readonly lost: number;
  /** What was done, or would be: sentences. */
  readonly actions: readonly string[];
  readonly damage: readonly Damage[];
}

export function repair(repository: Repository, options: RepairOptions): Promise<RepairResult> {
  return options.rebuildsIndex ? rebuild(repository, options) : quarantine(repository, options);
}

/** Builds it where nothing of the repository is written. */
async function tryRebuild(repository: Repository, options: RepairOptions): Promise<RepairResult> {
  const { files, temporaryDirectory } = repository.platform;
  const lock = await repository.lockToRead(options.signal);
  const directory = files.makeTemporaryDirectory(`${temporaryDirectory}/varve-index-`);
  try {
    return describeRebuilt(build(`${directory}/index.sqlite`, repository), 'would be');
  } catch (error) {
    throw explainFailure(repository.path, 'read', error);
  } finally {
    files.removeTree(directory);
    lock?.release();
  }
}

async function rebuild(repository: Repository, options: RepairOptions): Promise<RepairResult> {
  if (options.isDryRun) return tryRebuild(repository, options);
  const { path, platform } = repository;
  const lock = await repository.lock('write', options.signal);
  const { index } = layoutOf(path);
  const fresh = `${index}.new`;
  try {
    releaseReserveIfShort(path, platform);
    removeDatabase(fresh, platform);
    const rebuilt = build(fresh, repository);
    replaceDatabase(fresh, index, path, platform);
    return describeRebuilt(rebuilt, 'was');
  } catch (error) {
    removeDatabase(fresh, platform);
    throw explainFailure(path, 'write', error);
  } finally {
    keepReserve(path, platform, true);
    lock.release();
  }
}

interface Rebuilt extends RebuildReport {
  readonly blobs: number;
}

/** The index that the packs make, as a complete database at `fresh`. */
function build(fresh: string, { path, platform, config }: Repository): Rebuilt {
  const packs = openDirectoryPackStore(platform.files, layoutOf(path).packs, config.id);
  const index = openIndex(fresh, 'build', platform.files);
  try {
    index.begin();
    const report = rebuildIndex(index, packs, config.id);
    index.commit();
    return { ...report, blobs: index.blobs.count() };
  } finally {
    packs.close();
    index.close();
  }
}

function describeRebuilt(rebuilt: Rebuilt, done: 'was' | 'would be'): RepairResult {
  const { snapshots, blobs, problems } = rebuilt;
  const summary = `The index ${done} rebuilt (snapshots: ${snapshots}, blobs: ${blobs}).`;
  const damage = problems.map((message): Damage => ({
    code: 'PACK_CORRUPT',
    message,
    paths: [],
    snapshots: [],
  }));
  return { ...rebuilt, actions: [summary], damage };
}

/**
 * The new database takes the old one's place. The old one goes first and its log after it: the log
 * must not outlive it, and without its log it would be an older state, by which a backup would cut
 * off newer manifests. So each is durably gone before the next goes: a disk may keep changes of names
 * in any order. Meanwhile there is no index, which the next rebuild amends.
 */
function replaceDatabase(
  fresh: string,
  path: string,
  repositoryPath: string,
  platform: Platform,
): void {
  const { files } = platform;
  const descriptor = files.open(fresh, 'read');
  try {
    files.sync(descriptor);
  } finally {
    files.close(descriptor);
  }
  for (const suffix of ['', '-wal', '-shm']) {
    if (!files.stat(path + suffix)) continue;
    files.remove(path + suffix);
    files.syncDirectory(repositoryPath);
  }
  files.rename(fresh, path);
  files.syncDirectory(repositoryPath);
}

function removeDatabase(path: string, { files }: Platform): void {
  for (const suffix of ['', '-wal', '-shm']) {
    if (files.stat(path + suffix)) files.remove(path + suffix);
  }
}

function quarantine(repository: Repository, options: RepairOptions): Promise<RepairResult> {
  const { isDryRun = false, signal } = options;
  const examine = async (held: HeldRepository): Promise<RepairResult> => {
    const found = await verifyHeld(held, options);
    const damaged = found.brokenBlobs.filter(
      (blob) => held.index.blobs.get(blob)?.kind !== BlobKind.lost,
    );
    const packs = packsToSetAside(held);
    const manifests = found.damagedManifests;
    if (!isDryRun && !found.ok) {
      inTransaction(held, () => {
        markLost(held, damaged, found.damagedBlobs);
        setAside(held, packs, manifests);
      });
    }
    const actions = describeActions(isDryRun, [damaged.length, packs.length, manifests.length]);
    const { snapshots, blobs, damage } = found;
    return { snapshots, blobs, lost: found.damagedBlobs.length, actions, damage };
  };
  if (isDryRun) return repository.read(examine, signal);
  return repository.write(examine, { signal, frees: true });
}

function describeActions(isDryRun: boolean, [blobs, packs, manifests]: number[]): string[] {
  const prefix = isDryRun ? 'to be ' : '';
  const lines: [number | undefined, ...string[]][] = [
    [
      blobs,
      `Damaged blobs ${prefix}marked lost: ${blobs}.`,
      'The next backup re-reads the files that use them and stores what it still finds.',
    ],
    [packs, `Missing or truncated packs ${prefix}set aside: ${packs}.`],
    [
      manifests,
      `Damaged manifests ${prefix}set aside: ${manifests}.`,
      'Only the index still knows what they say: keep a copy of it, since a rebuild would not.',
    ],
  ];
  return lines.flatMap(([count, ...texts]) => (count ? texts : []));
}

function inTransaction({ index }: HeldRepository, change: () => void): void {
  index.begin();
  try {
    change();
    index.commit();
  } catch (error) {
    index.rollback();
    throw error;
  }
}

/** Marks `damaged` lost; the next backup reads what uses any of `unreadable`. */
function markLost(
  { index }: HeldRepository,
  damaged: readonly number[],
  unreadable: readonly number[],
): void {
  for (const id of damaged) {
    const blob = index.blobs.get(id);
    if (!blob) continue;
    if (index.frames.get(blob.frame)) index.frames.addLive(blob.frame, -blob.storedBytes);
    const nowhere = { frame: 0, member: 0, basis: undefined, storedBytes: 0 };
    index.blobs.place(id, { kind: BlobKind.lost, ...nowhere });
  }
  for (const id of unreadable) index.versions.flagRacy(id);
  index.recomputeTails();
}

/** A pack of which less is there than the index says. */
interface ShortPack extends PackRow {
  /** 0: no pack of this repository has its name. */
  readonly sizeBytes: number;
}

function packsToSetAside({ index, packs, config }: HeldRepository): ShortPack[] {
  // Not one is there: rather their disk is not mounted.
  if (packs.list().length === 0) return [];
  return index.packs.all().flatMap((pack) => {
    const found = packs.sizeBytes(pack.number) ?? 0;
    const isOurs = found > 0 && isPack(() => readPackKind(packs, pack.number, config.id));
    const sizeBytes = isOurs ? found : 0;
    return sizeBytes < pack.lengthBytes ? [{ ...pack, sizeBytes }] : [];
  });
}

function isPack(readKind: () => unknown): boolean {
  try {
    return readKind() !== undefined;
  } catch (error) {
    if (isDamage(error)) return false;
    throw error;
  }
}

/** What cannot be had is no longer expected: all that is said of it was said. */
function setAside(
  { index }: HeldRepository,
  packs: readonly ShortPack[],
  manifests: readonly number[],
): void {
  for (const id of manifests) index.frames.remove(id);
  for (const { number, kind, sizeBytes } of packs) {
    if (sizeBytes === 0) {
      index.packs.remove(number);
      continue;
    }
    const end = index.frames.removeBeyond(number, sizeBytes);
    index.packs.put(number, kind, Math.max(end, PACK_HEADER_BYTES));
  }
}
