/** Cat: the bytes of one version. */
import { CodedError } from '../../../errors.js';
import { rebuildBlob } from '../../chain/rebuild.js';
import type { Index } from '../../index/index.js';
import { VersionType, type Version } from '../../model.js';
import { createBufferPool } from '../../packs/buffer-pool.js';
import { createFrameReader } from '../../packs/frame-reader.js';
import { textFromBytes, type ByteString } from '../../../platform/bytes.js';
import { findAnswer } from './answer.js';
import type { Located } from './locate.js';
import type { Origin, QueryOptions, SourceSnapshot } from './sources.js';
import type { HeldRepository } from '../../repository/held.js';
import type { Repository } from '../../repository/repository.js';
import type { TimePoint } from './time-point.js';

export interface CatOptions extends QueryOptions {
  /** The newest version not later than `at`; else it must be there at `at`. */
  readonly isLastSeen?: boolean | undefined;
  /** As backed up, or relative to the working directory or a root. */
  readonly path: string;
  readonly at: TimePoint;
  /** Told before the first byte. */
  readonly onFound?: (origin: Origin & SourceSnapshot) => void;
  /** Takes the bytes in order; waited for, so that a slow reader costs no memory. */
  readonly write: (bytes: Uint8Array) => void | Promise<void>;
}

/** Decoded frames that are kept: blobs of one file, and their deltas, lie side by side. */
const READER_CACHE_BYTES = 16 * 1024 * 1024;
/** Zeros of a hole that are written at once. */
const ZEROS_BYTES = 1024 * 1024;

/**
 * Writes the bytes of a file as it was, blob by blob, each proven by its hash before it is given out.
 * Returns their count.
 * @throws CodedError PATH_NOT_FOUND, NOT_A_FILE, BLOB_DAMAGED (after the bytes before the damage)
 */
export function catFile(repository: Repository, options: CatOptions): Promise<number> {
  return repository.read(async ({ index, packs, platform }) => {
    const answer = findAnswer(
      { index, platform },
      {
        ...options,
        paths: [options.path],
        suggest: (path, snapshot) => `varve cat ${path} --at ${snapshot}`,
      },
    );
    const [located] = answer.located;
    if (!located) throw new Error('a path was answered by nothing');
    if (located.version?.type !== VersionType.file) throw notAFile(located);
    options.onFound?.(answer);
    return writeContent({ index, packs }, located.version, located.path, options.write);
  });
}

/**
 * Writes the bytes of a version, blob by blob, each proven by its hash. Returns their count.
 * @throws CodedError BLOB_DAMAGED (after the bytes before the damage)
 */
export async function writeContent(
  { index, packs }: Pick<HeldRepository, 'index' | 'packs'>,
  { content }: Pick<Version, 'content'>,
  path: ByteString,
  write: CatOptions['write'],
): Promise<number> {
  const reader = createFrameReader(packs, READER_CACHE_BYTES, createBufferPool(READER_CACHE_BYTES));
  let count = 0;
  for (const blob of index.blobs.listOf(content)) {
    const holeBytes = index.blobs.holeBytes(blob);
    if (holeBytes !== undefined) {
      await writeZeros(holeBytes, write);
      count += holeBytes;
      continue;
    }
    const recipe = index.blobs.recipe(blob);
    if (!recipe) throw lost(index, blob, path);
    const bytes = rebuildBlob(reader, recipe);
    await write(bytes);
    count += bytes.length;
    reader.recycle();
  }
  return count;
}

async function writeZeros(count: number, write: CatOptions['write']): Promise<void> {
  const zeros = Buffer.alloc(Math.min(count, ZEROS_BYTES));
  for (let left = count; left > 0; left -= zeros.length) {
    await write(left < zeros.length ? zeros.subarray(0, left) : zeros);
  }
}

function notAFile({ path, version }: Located): CodedError {
  const what = describeType(version);
  return new CodedError('NOT_A_FILE', `${textFromBytes(path)} is ${what.noun}, not a file.`, {
    ...(what.hint && { hint: what.hint }),
  });
}

function describeType(version: Version | undefined): { noun: string; hint?: string } {
  switch (version?.type) {
    case VersionType.symlink: {
      const target = version.link === undefined ? '' : ` to ${textFromBytes(version.link)}`;
      return { noun: `a symbolic link${target}`, hint: 'Name the file it points to.' };
    }
    case VersionType.fifo:
      return { noun: 'a fifo' };
    case VersionType.socket:
      return { noun: 'a socket' };
    case VersionType.characterDevice:
    case VersionType.blockDevice:
      return { noun: 'a device' };
    case VersionType.directory:
    case VersionType.file:
    case undefined:
      return { noun: 'a directory', hint: 'List its contents with `varve ls`.' };
  }
}

function lost({ blobs }: Index, blob: number, path: ByteString): CodedError {
  const hash = blobs.get(blob)?.hash.toString('hex') ?? 'unknown';
  const message = `Blob ${hash} of ${textFromBytes(path)}, or a blob that it is rebuilt from, is lost.`;
  return new CodedError('BLOB_DAMAGED', message, {
    hint: 'List the other versions of the file with `varve log`, and see what else is affected with `varve verify`.',
  });
}
