/**
 * Restore: the versions visible at a snapshot, written into a fresh directory, or onto what is there.
 * The main thread walks the index and makes directories and links; workers write the files, each
 * frame decoded once.
 */
import { CodedError } from '../../../errors.js';
import { VersionType, type Issue, type OnPath } from '../../model.js';
import { textFromBytes, textOfName, type ByteString } from '../../../platform/bytes.js';
import type { Platform } from '../../../platform/platform.js';
import { explainRefusal } from '../../../platform/refusals.js';
import { compileOptions, type RuleFile } from '../../tree/rule-files.js';
import { lastMatch, type PatternRule } from '../../tree/rules.js';
import { findOwnDirectories } from '../../repository/own-directories.js';
import { notKept } from '../../tree/metadata.js';
import { createSetReader } from '../../repository/attribute-sets.js';
import { startWorkers, type WorkerOptions } from '../../repository/workers.js';
import { findAnswer, type Answer } from '../queries/answer.js';
import type { Suggestion } from '../queries/last-seen.js';
import { shellWord } from '../queries/shell-word.js';
import type { Origin, SourceSelector } from '../queries/sources.js';
import type { Repository } from '../../repository/repository.js';
import type { HeldRepository } from '../../repository/held.js';
import type { TimePoint } from '../queries/time-point.js';
import type { OverwriteRule } from './decide.js';
import { checkAbsenceIsProof } from './extraneous.js';
import { createInodeClaims } from './inode-claims.js';
import { planInto, planOriginal, type RestoreSite } from './roots.js';
import type { RestoreEvents } from './events.js';
import { restoreSite, type SiteOptions } from './site-run.js';
import { createOwnerResolver, type OwnerOptions } from './owners.js';
import { createShortfallTally } from './shortfalls.js';
import { openTarget } from './target.js';
import { createWanted } from './wanted.js';

export interface RestoreOptions extends OwnerOptions, WorkerOptions {
  /** As backed up, or relative to the working directory or a root; none: the whole source. */
  readonly paths: readonly string[];
  readonly at: TimePoint;
  /** As the newest snapshot that has all paths, not later than `at`, has them. */
  readonly isLastSeen?: boolean;
  readonly source?: SourceSelector;
  /** A directory that does not exist yet, or is empty, but for `inPlace`. None: where it was backed up. */
  readonly to?: string;
  /** Writes onto what is there, and only what differs. Needed without `to`. */
  readonly inPlace?: InPlaceOptions;
  /** What is left out, by its path as it was backed up: neither restored nor deleted. */
  readonly rules?: readonly (PatternRule | RuleFile)[];
  /** Reads everything back when it is restored, and reports what is not as it should be. */
  readonly verifies?: boolean;
  /** Counts and writes nothing; in place, what is there is compared. */
  readonly isDryRun?: boolean;
  readonly onStart?: (expected: RestoreProgress) => void;
  readonly onProgress?: (progress: RestoreProgress) => void;
  /** Also told in a dry run. Paths are those of the target. */
  readonly onPath?: OnPath;
}

export interface InPlaceOptions {
  /** Default: `if-changed`. */
  readonly overwrite?: OverwriteRule;
  /**
   * Removes what the snapshot does not have from the directories that are restored. `if-certain`
   * refuses where the snapshot may lack what was there.
   */
  readonly deletes?: 'if-certain' | 'always';
}

export interface RestoreProgress {
  readonly files: number;
  readonly bytes: number;
  /** What was restored last, below the target. */
  readonly current?: ByteString;
}

export interface RestoreResult extends Origin {
  readonly snapshot: number;
  /** Files that are as they were then, those of `filesUnchanged` among them. */
  readonly files: number;
  /** Files whose bytes were there. */
  readonly filesUnchanged: number;
  /** Files and links that are left as they are, by the overwrite rule. */
  readonly kept: number;
  readonly directories: number;
  readonly symlinks: number;
  /** Fifos, sockets and devices. */
  readonly specials: number;
  readonly bytesWritten: number;
  readonly bytesUnchanged: number;
  /** What was deleted: the outermost paths. */
  readonly removed: readonly ByteString[];
  readonly durationMs: number;
  readonly issues: readonly Issue[];
}

/**
 * @throws CodedError TARGET_NOT_EMPTY, TARGET_UNUSABLE, DELETE_DOUBTFUL, OWNER_MAP_INVALID, PATH_NOT_FOUND,
 *   TIME_BEFORE_FIRST_SNAPSHOT, DISK_FULL, INTERRUPTED, INDEX_CORRUPT
 */
export async function restore(
  repository: Repository,
  options: RestoreOptions,
): Promise<RestoreResult> {
  const { platform } = repository;
  const startedMs = platform.clock.nowMs();
  return repository.read(async (held) => {
    const { index } = held;
    const answer = findAnswer(held, { ...options, suggest: suggestionFor(options) });
    const { source, snapshot, isEvident } = answer;
    const sites = planSites(held, answer, options);
    if (options.inPlace?.deletes === 'if-certain') checkAbsenceIsProof(index, snapshot, sites);
    options.onStart?.({ files: snapshot.files, bytes: snapshot.bytes });
    const tally = createTally(options, platform.isSuperuser);
    const pool = startWorkers(held, options, {
      interrupted: () => interrupted(options),
    });
    const targets: number[] = [];
    try {
      const site: SiteOptions = {
        repository: held,
        snapshot: snapshot.number,
        pool,
        rule: options.inPlace && (options.inPlace.overwrite ?? 'if-changed'),
        deletes: options.inPlace?.deletes !== undefined,
        wanted: createWanted(createSetReader(index), createOwnerResolver(options, platform)),
        claims: createInodeClaims(),
        own: findOwnDirectories(platform.files, held.path),
        isDryRun: options.isDryRun ?? false,
        isLeftOut: leftOutBy(options.rules ?? [], platform),
        checkSignal: () => {
          if (options.signal?.aborted) throw interrupted(options);
        },
        events: tally.events,
      };
      await runSites(site, sites, targets);
      if (options.verifies && !site.isDryRun) {
        await runSites(readingBack(site, tally), sites, targets);
      }
    } catch (error) {
      throw explainFullTarget(error);
    } finally {
      await pool.close();
      for (const target of targets) platform.files.close(target);
    }
    const durationMs = platform.clock.nowMs() - startedMs;
    return { ...tally.result(), source, isEvident, snapshot: snapshot.number, durationMs };
  }, options.signal);
}

/** What to type for a path that another snapshot has. */
function suggestionFor({ to }: RestoreOptions): Suggestion {
  const target = to === undefined ? '--in-place' : `--to ${shellWord(to)}`;
  return (path, snapshot) => `varve restore ${path} --at ${snapshot} ${target}`;
}

function planSites(
  { index, platform }: HeldRepository,
  { source, snapshot, located }: Answer,
  { to }: RestoreOptions,
): readonly RestoreSite[] {
  if (to !== undefined) return [planInto(to, index, { source, snapshot }, located)];
  if (source.host === platform.hostName)
    return planOriginal({ index, platform }, { source, snapshot }, located);
  throw new CodedError(
    'TARGET_UNUSABLE',
    `Snapshot ${snapshot.number} is from the host ${source.host}, but this is ${platform.hostName}.`,
    { hint: 'Name the directory to restore to with --to.' },
  );
}

/** Restores each site into its directory. The descriptors stay open: a worker may still use them. */
async function runSites(
  options: SiteOptions,
  sites: readonly RestoreSite[],
  opened: number[],
): Promise<void> {
  const { repository, isDryRun, rule, own } = options;
  const isInPlace = rule !== undefined;
  const how = { isInPlace, isDryRun, own };
  for (const site of sites) {
    const target = openTarget(site.target, repository.platform, how);
    if (target !== undefined) opened.push(target);
    await restoreSite(options, site, target);
  }
}

/** Walks once more, compares all bytes and writes nothing: it must find nothing to do. */
function readingBack(options: SiteOptions, tally: Tally): SiteOptions {
  const differs = (path: ByteString): void => {
    if (tally.isSettled(path)) return;
    const text = textFromBytes(path);
    const message = `${text} differs from what was restored when it is read back.`;
    options.events.onIssue(path, 'READ_BACK_DIFFERS', message);
  };
  const events: RestoreEvents = {
    onPath: undefined,
    onFile: (path, _, { isUnchanged }) => {
      if (!isUnchanged) differs(path);
    },
    onPart: () => undefined,
    onNode: (path, _, isUnchanged) => {
      if (!isUnchanged) differs(path);
    },
    onKept: differs,
    onRemoved: () => undefined,
    onIssue: differs,
    onShortfalls: () => undefined,
    onUnmade: () => undefined,
  };
  return {
    ...options,
    events,
    claims: createInodeClaims(),
    onSeen(path, version, there) {
      if (tally.isSettled(path) || tally.lacksMetadata(path)) return;
      tally.events.onShortfalls(path, notKept(options.wanted(version), there));
    },
    isDryRun: true,
    deletes: false,
    rule: 'always',
  };
}

type Tally = ReturnType<typeof createTally>;

const NOTHING_DONE = {
  files: 0,
  filesUnchanged: 0,
  kept: 0,
  directories: 0,
  symlinks: 0,
  specials: 0,
  bytesWritten: 0,
  bytesUnchanged: 0,
};

/** Counts what is done. */
function createTally({ onProgress, onPath, verifies }: RestoreOptions, isSuperuser: boolean) {
  const counts = { ...NOTHING_DONE };
  const issues: Issue[] = [];
  const shortfalls = createShortfallTally(isSuperuser);
  const removed: ByteString[] = [];
  let unmade: Unmade | undefined;
  /** What is known not to be as it was, when all is read back. */
  const settled = new Set<ByteString>();
  const lacking = new Set<ByteString>();
  const reporter = createReporter(counts, onProgress);
  const events: RestoreEvents = {
    onPath,
    onPart: reporter.onPart,
    onFile(path, sizeBytes, { bytes, isUnchanged }) {
      counts.files += 1;
      if (isUnchanged) counts.filesUnchanged += 1;
      counts.bytesWritten += bytes;
      counts.bytesUnchanged += sizeBytes - bytes;
      reporter.onFile(path);
    },
    onNode(_, type) {
      if (type === VersionType.directory) counts.directories += 1;
      else if (type === VersionType.symlink) counts.symlinks += 1;
      else counts.specials += 1;
    },
    onKept(path) {
      counts.kept += 1;
      if (verifies) settled.add(path);
    },
    onRemoved: (path) => void removed.push(path),
    onShortfalls(path, missing) {
      if (missing.length > 0 && verifies) lacking.add(path);
      shortfalls.add(path, missing);
    },
    onUnmade(path, code) {
      unmade ??= { path, code, count: 0 };
      unmade.count += 1;
      settled.add(path);
    },
    onIssue(path, code, message) {
      issues.push({ path, code, message });
      settled.add(path);
    },
  };
  return {
    events,
    isSettled: (path: ByteString) => settled.has(path),
    lacksMetadata: (path: ByteString) => lacking.has(path),
    result: () => ({
      ...counts,
      issues: [...issues, ...shortfalls.issues(), ...(unmade ? [describeUnmade(unmade)] : [])],
      removed,
    }),
  };
}

/** Tells how far a restore is, within a large file too. */
function createReporter(
  counts: Readonly<Record<'files' | 'bytesWritten' | 'bytesUnchanged', number>>,
  onProgress: RestoreOptions['onProgress'],
) {
  /** The large file that is being filled. */
  let part: { readonly path: ByteString; readonly bytes: number } | undefined;
  const tell = (current: ByteString): void => {
    const bytes = counts.bytesWritten + counts.bytesUnchanged + (part?.bytes ?? 0);
    onProgress?.({ files: counts.files, bytes, current });
  };
  return {
    onPart: (path: ByteString, bytes: number): void => {
      part = { path, bytes: bytes + (part?.path === path ? part.bytes : 0) };
      tell(path);
    },
    onFile: (path: ByteString): void => {
      if (part?.path === path) part = undefined;
      tell(path);
    },
  };
}

/** Special files that could not be made: told once. */
interface Unmade {
  /** The first. */
  readonly path: ByteString;
  /** What the system call failed with. */
  readonly code: string;
  count: number;
}

function describeUnmade({ path, code, count }: Unmade): Issue {
  const message = `Special files not created (${code}): ${count}; only the superuser can create devices. The first is ${textFromBytes(path)}.`;
  return { path, code: 'SPECIAL_NOT_RESTORED', message };
}

/** By the options' rules alone: ignore files in the target are part of what is restored. */
function leftOutBy(
  given: readonly (PatternRule | RuleFile)[],
  { files }: Platform,
): SiteOptions['isLeftOut'] {
  const rules = compileOptions(given, files);
  if (rules.length === 0) return () => false;
  return (source, isDirectory) => {
    const names = textOfName(source).split('/').filter(Boolean);
    return lastMatch(rules, names, isDirectory)?.excludes ?? false;
  };
}

function interrupted({ to }: RestoreOptions): CodedError {
  const where = to === undefined ? 'onto the original' : `into ${to}`;
  return new CodedError('INTERRUPTED', `The restore ${where} was interrupted.`, {
    hint: 'The target is incomplete; run the same command with --in-place to finish it.',
  });
}

function explainFullTarget(error: unknown): unknown {
  const explained = explainRefusal(error, {
    name: 'the restore target',
    whenFull: ', then run the same command with --in-place to finish it',
  });
  if (explained?.code !== 'DISK_FULL') return error;
  const { hint } = explained;
  return new CodedError('DISK_FULL', 'No space is left in the restore target.', {
    ...(hint !== undefined && { hint }),
    cause: error,
  });
}
