/** Space that a backup leaves free on the file system of the repository. */
import { CodedError } from '../../errors.js';
import type { HeldRepository } from './held.js';

/** How much is to stay free: a share of the file system (above 0, at most 1), or bytes. */
export type MinFree =
  | { readonly type: 'share'; readonly fraction: number }
  | { readonly type: 'bytes'; readonly bytes: number };

/** Bytes appended between two looks at what is free; a run may take this much too much, and its index. */
const LOOK_EVERY_BYTES = 8 * 1024 * 1024;
const MIB = 1024 * 1024;

/** To be told how many bytes were appended. */
export type SpaceGuard = (appendedBytes: number) => void;

/**
 * Looks at once, and again as the repository grows.
 * @throws CodedError DISK_FULL, here and later, when less than `minFree` is free
 */
export function keepFree(
  repository: Pick<HeldRepository, 'path' | 'packDirectory' | 'platform'>,
  minFree: MinFree | undefined,
): SpaceGuard {
  if (minFree === undefined) return () => undefined;
  const { packDirectory: directory, path } = repository;
  const { files } = repository.platform;
  const leastBytes =
    minFree.type === 'bytes'
      ? minFree.bytes
      : Math.ceil(minFree.fraction * files.capacityBytes(directory));
  const look = (): void => {
    const freeBytes = files.freeBytes(directory);
    if (freeBytes < leastBytes) throw tooFull(path, freeBytes, leastBytes);
  };
  look();
  let untilLook = LOOK_EVERY_BYTES;
  return (appendedBytes) => {
    untilLook -= appendedBytes;
    if (untilLook > 0) return;
    untilLook = LOOK_EVERY_BYTES;
    look();
  };
}

function tooFull(path: string, freeBytes: number, leastBytes: number): CodedError {
  const free = Math.floor(freeBytes / MIB);
  const least = Math.ceil(leastBytes / MIB);
  return new CodedError(
    'DISK_FULL',
    `The file system of the repository ${path} has ${free} MiB free, and ${least} MiB are to stay free.`,
    {
      hint: 'Free space there, run `varve prune`, or give a smaller --min-free; no snapshot was taken.',
    },
  );
}
