/**
 * A repository on disk: making one, opening one, and what an operation holds while it works.
 * `docs/format.md` section 1 describes the directory.
 */
import { areChunkParams } from '../../delta/chunk-params.js';
import { CodedError } from '../../errors.js';
import { openIndex, type Index } from '../index/index.js';
import {
  createLockFile,
  lockForReading,
  lockForWriting,
  type RepositoryLock,
} from '../index/lock.js';
import type { ChunkingParameters } from '../model.js';
import { MAX_SECTION_BYTES } from '../packs/frame.js';
import { openDirectoryPackStore, type PackStore } from '../packs/pack-store.js';
import { systemErrorCode, type Platform } from '../../platform/platform.js';
import { replaceFile } from '../../platform/replace-file.js';
import { pause } from './interrupts.js';

export const FORMAT_VERSION = 2;
const CONFIG_FILE = 'varve.json';

/**
 * Measured on a 1 GiB image with 1 % of its pages changed and on seven TypeScript releases: pieces of
 * 256 KiB leave half of an image's pieces unchanged where 1 MiB leaves none, and files up to 12 MiB
 * stay whole, so that a moved function is found anywhere in them.
 */
const DEFAULT_CHUNKING: ChunkingParameters = {
  wholeFileBytes: 12 * 1024 * 1024,
  segmentBytes: 64 * 1024 * 1024,
  leastBytes: 64 * 1024,
  averageBytes: 256 * 1024,
  mostBytes: 1024 * 1024,
};

export interface RepositoryConfig {
  readonly formatVersion: number;
  readonly id: Buffer;
  readonly createdMs: number;
  readonly chunking: ChunkingParameters;
}

export interface Repository {
  readonly path: string;
  readonly platform: Platform;
  readonly config: RepositoryConfig;
  readonly index: Index;
  readonly packs: PackStore;
  readonly packDirectory: string;
  readonly lockPath: string;
  /** Gives the lock up before `close`: what remains to do needs it no longer. */
  releaseLock(): void;
  close(): void;
}

export interface OpenOptions {
  readonly access: 'read' | 'write';
  /** How long to wait for another process, milliseconds. Default 0. */
  readonly lockWaitMs?: number;
  /** Ends the wait. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Makes an empty repository at `path`.
 * @throws CodedError REPOSITORY_EXISTS when there is anything in the directory
 */
export function initRepository(path: string, platform: Platform): RepositoryConfig {
  const { files } = platform;
  const existing = files.stat(path);
  if (existing && (existing.type !== 'directory' || !isUnused(path, platform))) {
    const what = existing.type === 'directory' ? 'is not empty' : 'is not a directory';
    throw new CodedError(
      'REPOSITORY_EXISTS',
      `${path} ${what}: a repository needs a new directory.`,
      {
        hint: 'Name a directory that does not exist yet, or an empty one.',
      },
    );
  }
  return explainPermissions(path, () => {
    removeUnfinished(path, platform);
    files.makeDirectories(`${path}/packs`);
    createLockFile(`${path}/lock.sqlite`);
    openIndex(`${path}/index.sqlite`, 'create', files).close();
    const config = {
      formatVersion: FORMAT_VERSION,
      id: Buffer.from(platform.randomBytes(16)),
      createdMs: platform.clock.nowMs(),
      chunking: DEFAULT_CHUNKING,
    };
    writeConfig(path, config, platform);
    files.syncDirectory(files.absolutePath(`${path}/..`));
    return config;
  });
}

/** What an attempt to make a repository leaves when it dies before `varve.json` has its name. */
const UNFINISHED = /^(packs|(lock|index)\.sqlite(-journal|-wal|-shm)?|varve\.json\.new)$/;

/** Whether the directory is empty, or holds nothing but an attempt that died. */
function isUnused(path: string, { files }: Platform): boolean {
  const names = files.list(path);
  const packs = names.includes('packs') ? files.list(`${path}/packs`) : [];
  return packs.length === 0 && names.every((name) => UNFINISHED.test(name));
}

function removeUnfinished(path: string, { files }: Platform): void {
  if (!files.stat(path)) return;
  for (const name of files.list(path)) if (name !== 'packs') files.remove(`${path}/${name}`);
}

/** Whether `path` holds a repository. */
export function isRepository(path: string, { files }: Platform): boolean {
  return files.stat(`${path}/${CONFIG_FILE}`) !== undefined;
}

/**
 * Opens the repository at `path` under the lock that `access` needs; a writer also takes up what an
 * interrupted run left.
 * @throws CodedError REPOSITORY_NOT_FOUND, NOT_A_REPOSITORY, FORMAT_UNKNOWN, REPOSITORY_LOCKED,
 *   REPOSITORY_READ_ONLY, INDEX_MISSING, INDEX_CORRUPT
 */
export async function openRepository(
  path: string,
  platform: Platform,
  options: OpenOptions,
): Promise<Repository> {
  const config = readConfig(path, platform);
  const lockPath = `${path}/lock.sqlite`;
  const mayWrite = platform.files.canWrite(path);
  if (options.access === 'write' && !mayWrite) throw readOnly(path);
  const lock = await takeLock(lockPath, options, mayWrite, platform);
  const copy = mayWrite ? undefined : copyIndex(path, platform);
  try {
    const indexPath = copy ? `${copy}/index.sqlite` : `${path}/index.sqlite`;
    const mode = options.access === 'write' || copy ? 'write' : 'read';
    const index = openIndex(indexPath, mode, platform.files);
    const packDirectory = `${path}/packs`;
    const packs = openDirectoryPackStore(platform.files, packDirectory, config.id);
    const repository: Repository = {
      path,
      platform,
      config,
      index,
      packs,
      packDirectory,
      lockPath,
      releaseLock: () => lock?.release(),
      close() {
        packs.close();
        index.close();
        lock?.release();
        if (copy) platform.files.removeTree(copy);
      },
    };
    if (options.access === 'write') {
      // Readers do without all that decodes frames: 6 ms of modules.
      const { recover } = await import('./recover.js');
      recover(repository);
    }
    return repository;
  } catch (error) {
    lock?.release();
    if (copy) platform.files.removeTree(copy);
    throw error;
  }
}

/** @throws CodedError REPOSITORY_NOT_FOUND, NOT_A_REPOSITORY, FORMAT_UNKNOWN */
export function readConfig(path: string, { files }: Platform): RepositoryConfig {
  const found = files.stat(path);
  if (!found) {
    throw new CodedError('REPOSITORY_NOT_FOUND', `There is no repository at ${path}.`, {
      hint: `Check the path, or make one with \`varve --repo ${path} init\`.`,
    });
  }
  if (found.type !== 'directory' || !files.stat(`${path}/${CONFIG_FILE}`)) {
    throw new CodedError(
      'NOT_A_REPOSITORY',
      `${path} is no Varve repository: it has no ${CONFIG_FILE}.`,
      {
        hint: `Check the path, or make a repository in an empty directory with \`varve init\`.`,
      },
    );
  }
  return parseConfig(`${path}/${CONFIG_FILE}`, files.readFile(`${path}/${CONFIG_FILE}`));
}

interface ConfigDocument {
  readonly format: number;
  readonly id: string;
  readonly created: string;
  readonly hash: string;
  readonly chunking: {
    readonly algorithm: string;
    readonly whole_file_bytes: number;
    readonly segment_bytes: number;
    readonly least_bytes: number;
    readonly average_bytes: number;
    readonly most_bytes: number;
  };
}

const HASH_NAME = 'blake3-256';
const CHUNKING_NAME = 'gear-normalised-1';

function writeConfig(path: string, config: RepositoryConfig, { files }: Platform): void {
  const { chunking } = config;
  const document: ConfigDocument = {
    format: config.formatVersion,
    id: config.id.toString('hex'),
    created: new Date(config.createdMs).toISOString(),
    hash: HASH_NAME,
    chunking: {
      algorithm: CHUNKING_NAME,
      whole_file_bytes: chunking.wholeFileBytes,
      segment_bytes: chunking.segmentBytes,
      least_bytes: chunking.leastBytes,
      average_bytes: chunking.averageBytes,
      most_bytes: chunking.mostBytes,
    },
  };
  const bytes = Buffer.from(`${JSON.stringify(document, null, 2)}\n`);
  const file = `${path}/${CONFIG_FILE}`;
  replaceFile(files, file, [bytes], { temporary: `${file}.new`, rule: 'durable' });
}

function parseConfig(file: string, bytes: Buffer): RepositoryConfig {
  const corrupt = (what: string): CodedError =>
    new CodedError('NOT_A_REPOSITORY', `${file} is damaged: ${what}.`, {
      hint: 'Restore this small file from a copy of the repository; docs/format.md describes it.',
    });
  let document: Partial<ConfigDocument>;
  try {
    document = JSON.parse(bytes.toString()) as Partial<ConfigDocument>;
  } catch {
    throw corrupt('it is not JSON');
  }
  const { format, id, created, hash, chunking } = document;
  if (typeof format !== 'number') throw corrupt('it has no format version');
  if (format !== FORMAT_VERSION || hash !== HASH_NAME || chunking?.algorithm !== CHUNKING_NAME) {
    throw new CodedError(
      'FORMAT_UNKNOWN',
      `${file} describes format ${format} (${hash ?? '?'}, ${chunking?.algorithm ?? '?'}); ` +
        `this Varve knows format ${FORMAT_VERSION} (${HASH_NAME}, ${CHUNKING_NAME}).`,
      { hint: 'Use the version of Varve that made the repository.' },
    );
  }
  if (typeof id !== 'string' || !/^[0-9a-f]{32}$/.test(id)) throw corrupt('it has no id');
  const parameters: ChunkingParameters = {
    wholeFileBytes: chunking.whole_file_bytes,
    segmentBytes: chunking.segment_bytes,
    leastBytes: chunking.least_bytes,
    averageBytes: chunking.average_bytes,
    mostBytes: chunking.most_bytes,
  };
  if (!isUsable(parameters)) throw corrupt('its chunking parameters are impossible');
  return {
    formatVersion: format,
    id: Buffer.from(id, 'hex'),
    createdMs: Date.parse(created ?? ''),
    chunking: parameters,
  };
}

function isUsable(parameters: ChunkingParameters): boolean {
  const { wholeFileBytes, segmentBytes, leastBytes, averageBytes, mostBytes } = parameters;
  const areCounts = [wholeFileBytes, segmentBytes].every(
    (value) => Number.isSafeInteger(value) && value > 0,
  );
  const cuts = { min: leastBytes, average: averageBytes, max: mostBytes };
  return areCounts && wholeFileBytes <= MAX_SECTION_BYTES && areChunkParams(cuts);
}

async function takeLock(
  lockPath: string,
  { access, lockWaitMs = 0, signal }: OpenOptions,
  mayWrite: boolean,
  { files }: Platform,
): Promise<RepositoryLock | undefined> {
  if (!mayWrite) return undefined;
  if (!files.stat(lockPath)) createLockFile(lockPath);
  const take = access === 'write' ? lockForWriting : lockForReading;
  return take(lockPath, lockWaitMs, (durationMs) => pause(durationMs, signal));
}

/** SQLite cannot read a write-ahead log on a read-only file system: a private copy is read instead. */
function copyIndex(path: string, { files, temporaryDirectory }: Platform): string {
  const copy = files.makeTemporaryDirectory(`${temporaryDirectory}/varve-index-`);
  for (const suffix of ['', '-wal']) {
    const from = `${path}/index.sqlite${suffix}`;
    if (files.stat(from)) files.copyFile(from, `${copy}/index.sqlite${suffix}`);
  }
  return copy;
}

function readOnly(path: string, cause?: unknown): CodedError {
  return new CodedError('REPOSITORY_READ_ONLY', `The repository ${path} cannot be written.`, {
    hint: 'Check its owner and permissions, and whether its file system is mounted read-only.',
    cause,
  });
}

function explainPermissions<T>(path: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    const code = systemErrorCode(error);
    if (code === 'EACCES' || code === 'EROFS' || code === 'EPERM') throw readOnly(path, error);
    throw error;
  }
}
