/** A source, a repository and the operations between them, on this thread and from the sources. */
import * as fs from 'node:fs';
import { dirname, join } from 'node:path';
import { expect } from 'vitest';
import type { BackupOptions } from '../../src/repo/operations/backup/backup.js';
import type { BackupStreamOptions } from '../../src/repo/operations/backup/backup-stream.js';
import type { BackupResult } from '../../src/repo/operations/backup/snapshot-run.js';
import type { PruneOptions } from '../../src/repo/operations/prune/prune.js';
import type { RetentionPolicy } from '../../src/repo/operations/prune/retention.js';
import type { RepairOptions } from '../../src/repo/operations/repair/repair.js';
import type { Notice } from '../../src/repo/model.js';
import { initRepository } from '../../src/repo/repository/init.js';
import { readConfig } from '../../src/repo/repository/config.js';
import type {
  InPlaceOptions,
  RestoreOptions,
  RestoreResult,
} from '../../src/repo/operations/restore/restore.js';
import type { VerifyOptions } from '../../src/repo/operations/verify/verify.js';
import { discardWrites, openDirectoryPackStore } from '../../src/repo/packs/pack-store.js';
import { bytesFromText, type ByteString } from '../../src/platform/bytes.js';
import type { ByteStream } from '../../src/platform/byte-streams.js';
import type { FileSystem } from '../../src/platform/files.js';
import { openPlatform, type Platform } from '../../src/platform/platform.js';
import type { BeginJob } from '../../src/repo/worker/jobs.js';
import { createInlinePool, type WorkerPool } from '../../src/repo/worker/pool.js';
import { scratchDirectory } from './directory.js';
import { scattered } from './scattered-pool.js';
import { testSeed } from './seed.js';
import { readTree, type Tree } from './tree.js';
import { backup, backupStream, prune, repair, restore, verify } from './by-path.js';

export interface LabOptions {
  /** What `varve.json` says of large files, in its own words, instead of the defaults. */
  readonly chunking?: Readonly<Record<string, number>>;
  readonly lanes?: number;
  /**
   * Jobs end when they are given, so that each write has its number. By default they answer late and in any
   * order, as threads do: who does not wait for them is found out.
   */
  readonly answersAtOnce?: boolean;
}

export type Lab = ReturnType<typeof createLab>;

/** Small pieces, so that a file of a few kilobytes is a large one. */
export const SMALL_PIECES = {
  whole_file_bytes: 6000,
  segment_bytes: 16_384,
  least_bytes: 512,
  average_bytes: 1024,
  most_bytes: 4096,
};

export function createLab(options: LabOptions = {}) {
  const directory = scratchDirectory();
  const source = join(directory, 'source');
  const repository = join(directory, 'repository');
  const machine = openPlatform();
  const state = { files: machine.files, clockMs: undefined as number | undefined, aheadMs: 0 };
  const platform: Platform = {
    ...machine,
    hostName: 'lab',
    get files() {
      return state.files;
    },
    clock: { nowMs: () => state.clockMs ?? machine.clock.nowMs() + state.aheadMs },
  };
  fs.mkdirSync(source);
  initRepository(repository, platform);
  if (options.chunking) editConfig(repository, options.chunking);
  const { id } = readConfig(repository, platform);
  const packs = join(repository, 'packs');
  const lanes = options.lanes ?? 2;
  let targets = 0;
  let pools = 0;

  const poolWith = (isDryRun: boolean) => (_: number, begin?: (lane: number) => BeginJob) => {
    const files = state.files;
    const openStore = () => {
      const store = openDirectoryPackStore(files, packs, id);
      return isDryRun ? discardWrites(store) : store;
    };
    const pool = createInlinePool(files, openStore, lanes, begin);
    return options.answersAtOnce ? pool : scattered(pool, testSeed + pools++);
  };
  const createPool: (lanes: number, begin?: (lane: number) => BeginJob) => WorkerPool =
    poolWith(false);
  const newTarget = (): string => join(directory, `target-${++targets}`);

  return {
    directory,
    source,
    repository,
    packs,
    indexPath: join(repository, 'index.sqlite'),
    id,
    platform,
    createPool,
    newTarget,
    /** The file system that the operations see from now on. */
    useFiles: (files: FileSystem) => void (state.files = files),
    useRealFiles: () => void (state.files = machine.files),
    /** Puts the clock so far ahead that files written a moment ago are not racy. */
    runAhead: (ms = 60_000) => void (state.aheadMs += ms),
    /** Stops the clock at `ms`; undefined lets it go again. */
    setClock: (ms: number | undefined) => void (state.clockMs = ms),
    path: (name: string) => join(source, name),
    /** The path as operations give it, whatever the name of the scratch directory has in it. */
    bytes: (name = '') => bytesFromText(join(source, name)),
    write(name: string, content: string | Uint8Array): void {
      fs.mkdirSync(join(source, name, '..'), { recursive: true });
      fs.writeFileSync(join(source, name), content);
    },
    remove: (name: string) => fs.rmSync(join(source, name), { recursive: true }),
    backup: (more: Partial<BackupOptions> = {}) =>
      backup(repository, platform, {
        paths: [source],
        jobs: lanes,
        createPool: poolWith(more.isDryRun ?? false),
        ...more,
      }),
    backupStream: (name: string, stream: ByteStream, more: Partial<BackupStreamOptions> = {}) =>
      backupStream(repository, platform, {
        name,
        stream,
        jobs: lanes,
        createPool: poolWith(more.isDryRun ?? false),
        ...more,
      }),
    verify: (more: VerifyOptions = {}) =>
      verify(repository, platform, { jobs: lanes, createPool, ...more }),
    prune(policy: RetentionPolicy, more: Partial<PruneOptions> = {}) {
      return this.pruneNamed({ policy, ...more });
    },
    /** Snapshots and sources that are named, or a policy. */
    pruneNamed: (options: PruneOptions) =>
      prune(repository, platform, {
        jobs: lanes,
        createPool: poolWith(options.isDryRun ?? false),
        ...options,
      }),
    repair: (more: Partial<RepairOptions> = {}) =>
      repair(repository, platform, { rebuildsIndex: false, jobs: lanes, createPool, ...more }),
    rebuild: () => repair(repository, platform, { rebuildsIndex: true, jobs: lanes, createPool }),
    /** Into a new target, or `to`; what it tells is below that. */
    async restore(snapshot: number, more: Partial<RestoreOptions> = {}): Promise<RestoreResult> {
      const { to = newTarget(), ...others } = more;
      const result = await restore(repository, platform, {
        paths: [],
        at: { type: 'snapshot', number: snapshot },
        to,
        jobs: lanes,
        createPool,
        ...others,
      });
      return tellBelow(to, result);
    },
    /** Onto the original, or onto `to`; what it tells is below that, or below what holds the original. */
    async restoreInPlace(
      snapshot: number,
      inPlace: InPlaceOptions = {},
      more: Partial<RestoreOptions> = {},
    ): Promise<RestoreResult> {
      const result = await restore(repository, platform, {
        paths: [],
        at: { type: 'snapshot', number: snapshot },
        jobs: lanes,
        createPool,
        inPlace,
        ...more,
      });
      return tellBelow(more.to ?? dirname(source), result);
    },
    /** What a snapshot restores to; fails on any issue. */
    async treeAt(snapshot: number): Promise<Tree> {
      const to = newTarget();
      const { issues } = await this.restore(snapshot, { to });
      expect(issues).toEqual([]);
      const tree = readTree(to);
      fs.rmSync(to, { recursive: true });
      return tree;
    },
    async expectSound(): Promise<void> {
      const { ok, damage } = await this.verify();
      expect({ ok, damage }).toEqual({ ok: true, damage: [] });
    },
  };
}

/** A result whose paths are below `target`: where that is differs from run to run. */
function tellBelow(target: string, result: RestoreResult): RestoreResult {
  const directory = bytesFromText(target);
  const below = (path: ByteString): ByteString =>
    (path === directory ? '' : path.replace(`${directory}/`, '')) as ByteString;
  return {
    ...result,
    removed: result.removed.map(below),
    issues: result.issues.map(({ path, code, message }) => ({
      path: below(path),
      code,
      message: message.replaceAll(`${target}/`, ''),
    })),
  };
}

function editConfig(repository: string, chunking: Readonly<Record<string, number>>): void {
  const path = join(repository, 'varve.json');
  const document = JSON.parse(fs.readFileSync(path, 'utf8')) as { chunking: object };
  document.chunking = { ...document.chunking, ...chunking };
  fs.writeFileSync(path, JSON.stringify(document));
}

/** A backup, without the notice of where the repository lies that every first one has. */
export async function backupOf(lab: Lab, more: Partial<BackupOptions> = {}): Promise<BackupResult> {
  const done = await lab.backup(more);
  const isPlace = ({ code }: Notice): boolean => code === 'SAME_DISK' || code === 'FREE_SPACE';
  return { ...done, notices: done.notices.filter((notice) => !isPlace(notice)) };
}
