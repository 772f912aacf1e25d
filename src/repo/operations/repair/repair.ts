/**
 * Repair. With `rebuildsIndex`, the index is made anew from the packs and takes the place of the old
 * one only when it is complete. Without, damage is found and quarantined: a blob whose own bytes are
 * damaged is marked lost, so that the next backup stores them again wherever it still sees them. What
 * is a delta against it stays, since it comes back with it.
 * On a healthy repository nothing changes.
 */
import { BlobKind } from '../../index/blobs.js';
import { openIndex } from '../../index/index.js';
import { createLockFile, lockForWriting } from '../../index/lock.js';
import { createTails } from '../../index/tails.js';
import { openDirectoryPackStore } from '../../packs/pack-store.js';
import type { Platform } from '../../../platform/platform.js';
import { pause } from '../../repository/interrupts.js';
import { readConfig } from '../../repository/config.js';
import { layoutOf } from '../../repository/layout.js';
import { openRepository, type Repository } from '../../repository/repository.js';
import { verifyRepository, type Damage, type VerifyOptions } from '../verify/verify.js';
import { rebuildIndex } from './rebuild-index.js';

export interface RepairOptions extends Pick<VerifyOptions, 'jobs' | 'signal' | 'createPool'> {
  readonly rebuildsIndex: boolean;
  /** Says what would be done. */
  readonly isDryRun?: boolean;
  readonly lockWaitMs?: number;
}

export interface RepairResult {
  readonly snapshots: number;
  readonly blobs: number;
  /** Blobs that are needed and cannot be had. */
  readonly lost: number;
  /** What was done, or would be: sentences. */
  readonly actions: readonly string[];
  readonly damage: readonly Damage[];
}

export function repair(
  repositoryPath: string,
  platform: Platform,
  options: RepairOptions,
): Promise<RepairResult> {
  return options.rebuildsIndex
    ? rebuild(repositoryPath, platform, options)
    : quarantine(repositoryPath, platform, options);
}

async function rebuild(
  repositoryPath: string,
  platform: Platform,
  options: RepairOptions,
): Promise<RepairResult> {
  const { files } = platform;
  const config = readConfig(repositoryPath, platform);
  const lockPath = layoutOf(repositoryPath).lock;
  if (!files.stat(lockPath)) createLockFile(lockPath);
  const lock = await lockForWriting(lockPath, options.lockWaitMs ?? 0, (ms) =>
    pause(ms, options.signal),
  );
  const packs = openDirectoryPackStore(files, layoutOf(repositoryPath).packs, config.id);
  const path = layoutOf(repositoryPath).index;
  const fresh = `${path}.new`;
  try {
    removeDatabase(fresh, platform);
    const index = openIndex(fresh, 'create', files);
    index.begin();
    const report = rebuildIndex(index, packs, config.id);
    index.commit();
    const blobs = index.blobs.count();
    index.close();
    if (options.isDryRun) removeDatabase(fresh, platform);
    else replaceDatabase(fresh, path, repositoryPath, platform);
    const done = options.isDryRun ? 'would be' : 'was';
    const summary = `The index ${done} made anew: ${report.snapshots} snapshots, ${blobs} blobs.`;
    const damage = report.problems.map((message): Damage => ({
      code: 'PACK_CORRUPT',
      message,
      paths: [],
    }));
    return { ...report, blobs, actions: [summary], damage };
  } catch (error) {
    removeDatabase(fresh, platform);
    throw error;
  } finally {
    packs.close();
    lock.release();
  }
}

/**
 * The new database takes the old one's place. The old one goes first and its log after it: the log
 * must not outlive it, and without its log it would be an older state, by which a backup would cut
 * off newer manifests. Between the two calls there is no index, which the next rebuild amends.
 */
function replaceDatabase(
  fresh: string,
  path: string,
  repositoryPath: string,
  platform: Platform,
): void {
  const { files } = platform;
  const descriptor = files.open(fresh, 'read');
  files.sync(descriptor);
  files.close(descriptor);
  removeDatabase(path, platform);
  files.rename(fresh, path);
  files.syncDirectory(repositoryPath);
}

function removeDatabase(path: string, { files }: Platform): void {
  for (const suffix of ['', '-wal', '-shm']) {
    if (files.stat(path + suffix)) files.remove(path + suffix);
  }
}

async function quarantine(
  repositoryPath: string,
  platform: Platform,
  options: RepairOptions,
): Promise<RepairResult> {
  const { lockWaitMs = 0, signal } = options;
  const repository = await openRepository(repositoryPath, platform, {
    access: 'write',
    lockWaitMs,
    signal,
  });
  try {
    const found = await verifyRepository(repository, options);
    const damaged = found.brokenBlobs.filter(
      (blob) => repository.index.blobs.get(blob)?.kind !== BlobKind.lost,
    );
    if (!options.isDryRun && found.damagedBlobs.length > 0) {
      markLost(repository, damaged, found.damagedBlobs);
    }
    const done = options.isDryRun ? 'would be' : 'were';
    const actions =
      damaged.length === 0
        ? []
        : [
            `${damaged.length} damaged blobs ${done} marked lost.`,
            'The next backup reads the files that use them again and stores what it still finds.',
          ];
    const { snapshots, blobs, damage } = found;
    return { snapshots, blobs, lost: found.damagedBlobs.length, actions, damage };
  } finally {
    repository.close();
  }
}

/** Marks `damaged` lost; the next backup reads what uses any of `unreadable`. */
function markLost(
  { index }: Repository,
  damaged: readonly number[],
  unreadable: readonly number[],
): void {
  index.begin();
  try {
    for (const id of damaged) {
      const blob = index.blobs.get(id);
      if (!blob) continue;
      if (index.packs.frame(blob.frame)) index.packs.addLive(blob.frame, -blob.storedBytes);
      const nowhere = { frame: 0, member: 0, basis: undefined, storedBytes: 0 };
      index.blobs.place(id, { kind: BlobKind.lost, ...nowhere });
    }
    for (const id of unreadable) index.versions.flagRacy(id);
    createTails(index.connection).recompute();
    index.commit();
  } catch (error) {
    index.rollback();
    throw error;
  }
}
