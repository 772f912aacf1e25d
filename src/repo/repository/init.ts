/** Makes a repository. */
import { CodedError } from '../../errors.js';
import type { Platform } from '../../platform/platform.js';
import { openIndex } from '../index/index.js';
import { createLockFile } from '../index/lock.js';
import type { ChunkingParameters } from '../model.js';
import { FORMAT_VERSION, writeConfig, type RepositoryConfig } from './config.js';
import { layoutOf } from './layout.js';
import { keepReadme } from './readme.js';
import { keepReserve } from './reserve.js';
import { explainingFailures } from './failures.js';

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

export interface InitOptions {
  /** Makes the directories above the repository where they are missing. */
  readonly makesParents?: boolean;
}

/**
 * Makes an empty repository at `path`.
 * @throws CodedError REPOSITORY_EXISTS when there is anything in the directory, PARENT_MISSING when the
 *   directory that it is to lie in does not exist
 */
export function initRepository(
  path: string,
  platform: Platform,
  { makesParents = false }: InitOptions = {},
): RepositoryConfig {
  const { files } = platform;
  if (!makesParents) checkParent(path, platform);
  const existing = files.stat(path);
  if (existing && (existing.type !== 'directory' || !isUnused(path, platform))) {
    throw occupied(path, existing.type, platform);
  }
  return explainingFailures(path, 'write', () => {
    removeUnfinished(path, platform);
    const layout = layoutOf(path);
    const changed = directoriesToSync(path, platform);
    files.makeDirectories(layout.packs);
    createLockFile(files, layout.lock);
    openIndex(layout.index, 'create', files).close();
    const config = {
      formatVersion: FORMAT_VERSION,
      id: Buffer.from(platform.randomBytes(16)),
      createdMs: platform.clock.nowMs(),
      chunking: DEFAULT_CHUNKING,
    };
    writeConfig(path, config, platform);
    for (const directory of changed) files.syncDirectory(directory);
    keepReadme(path, platform);
    keepReserve(path, platform);
    return config;
  });
}

/** The directories above the repository that get a new name, from the lowest to one that is there. */
function directoriesToSync(path: string, { files }: Platform): string[] {
  const found: string[] = [];
  let above = files.absolutePath(path);
  do {
    above = files.absolutePath(`${above}/..`);
    found.push(above);
  } while (!files.stat(above));
  return found;
}

/** The directory of a disk that is not mounted is missing, or an empty one of the disk below. */
function checkParent(path: string, { files }: Platform): void {
  const parent = files.absolutePath(`${path}/..`);
  if (files.stat(path)) return;
  const above = files.stat(parent);
  if (above?.type === 'directory') return;
  if (above) {
    throw new CodedError('PARENT_MISSING', `${parent} is not a directory: nothing is made in it.`, {
      hint: 'Check the path.',
    });
  }
  throw new CodedError(
    'PARENT_MISSING',
    `${parent} does not exist, so no repository is made in it: is its disk mounted?`,
    { hint: 'Check the path; --make-parents makes the directories that are missing.' },
  );
}

function occupied(
  path: string,
  type: 'file' | 'directory' | 'other',
  { files }: Platform,
): CodedError {
  if (type === 'directory' && files.stat(layoutOf(path).config)) {
    return new CodedError('REPOSITORY_EXISTS', `${path} is a repository already.`, {
      hint: 'Back up into it with `varve backup`, or name another directory for a second one.',
    });
  }
  const what = type === 'directory' ? 'is not empty' : 'is not a directory';
  const message = `${path} ${what}: a repository needs a new or empty directory.`;
  return new CodedError('REPOSITORY_EXISTS', message, {
    hint: 'Name a directory that is empty or does not exist yet.',
  });
}

/** What an attempt to make a repository leaves when it dies before `varve.json` has its name. */
const UNFINISHED =
  /^(packs|reserve|README\.txt|(lock|index)\.sqlite(-journal|-wal|-shm)?|varve\.json\.new)$/;

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
