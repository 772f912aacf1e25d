/**
 * Groups blobs so that each is rebuilt once: a full blob and all deltas that rest on it, directly or
 * through others, bases first. Families of one come in pack order, so that a frame is decoded once.
 */
import { BlobKind, type PlacedBlob } from '../../index/blobs.js';
import type { Index } from '../../index/index.js';
import type { VerifyFamily } from '../../worker/jobs.js';

/** A family with the rows behind it, to say what is damaged. */
export interface Family {
  readonly job: VerifyFamily;
  readonly full: number;
  readonly deltas: readonly number[];
  /** Bytes that are rebuilt. */
  readonly bytes: number;
}

/** Every family of the repository, in pack order of the full blobs. */
export function* allFamilies(index: Index): Generator<Family> {
  for (const blob of index.blobs.allPlaced()) {
    if (blob.kind === BlobKind.full) yield gatherFamily(index, blob);
  }
}

function gatherFamily(index: Index, full: PlacedBlob): Family {
  const deltas: VerifyFamily['deltas'][number][] = [];
  const ids: number[] = [];
  let bytes = full.lengthBytes;
  const addDependants = (blob: number, basis: number): void => {
    for (const delta of index.blobs.dependants(blob)) {
      const position = deltas.push({ address: delta.address, basis }) - 1;
      ids.push(delta.id);
      bytes += delta.lengthBytes;
      addDependants(delta.id, position);
    }
  };
  addDependants(full.id, -1);
  return { job: { full: full.address, deltas }, full: full.id, deltas: ids, bytes };
}

/** The whole family that a blob belongs to; undefined when its chain leads to no full blob. */
export function familyOf(index: Index, blob: number): Family | undefined {
  let next = index.blobs.placed(blob);
  for (let links = 0; next?.kind === BlobKind.delta && links < MOST_CHAIN; links++) {
    next = next.basis === undefined ? undefined : index.blobs.placed(next.basis);
  }
  return next?.kind === BlobKind.full ? gatherFamily(index, next) : undefined;
}

/** Longer than any chain that is ever written: a loop. */
const MOST_CHAIN = 10_000;
