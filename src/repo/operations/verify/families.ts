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

/** Every family of the repository, mostly in pack order of the full blobs. */
export function* allFamilies(index: Index): Generator<Family> {
  for (const full of index.blobs.fulls()) {
    yield full.isBasis ? gatherFamily(index, full) : alone(full);
  }
}

/** The family of a blob on which nothing rests, as of most: it is not asked for what does. */
function alone({ id, address, lengthBytes }: PlacedBlob): Family {
  return { job: { full: address, deltas: [] }, full: id, deltas: [], bytes: lengthBytes };
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
  for (let links = 0; next?.kind === BlobKind.delta && links < MAX_CHAIN; links++) {
    next = next.basis === undefined ? undefined : index.blobs.placed(next.basis);
  }
  return next?.kind === BlobKind.full ? gatherFamily(index, next) : undefined;
}

/** Longer than any chain that is ever written: a loop. */
const MAX_CHAIN = 10_000;

const JOB_BYTES = 8 * 1024 * 1024;
const JOB_FAMILIES = 256;
/**
 * A job ends with a frame, so that one worker alone decodes it, but not later than this: a frame may
 * hold thousands of tiny blobs, and each takes a kilobyte on its way to the worker.
 */
const MAX_BLOBS = 1024;

/** What is given to a worker at once. */
export function* groupIntoJobs(families: Iterable<Family>): Generator<Family[]> {
  let job: Family[] = [];
  let bytes = 0;
  let blobs = 0;
  let last: Family | undefined;
  for (const family of families) {
    const { frame } = family.job.full;
    const isNewFrame =
      last?.job.full.frame.offset !== frame.offset || last.job.full.frame.pack !== frame.pack;
    const isEnough = isNewFrame && (bytes >= JOB_BYTES || job.length >= JOB_FAMILIES);
    if (isEnough || blobs >= MAX_BLOBS) {
      yield job;
      job = [];
      bytes = 0;
      blobs = 0;
    }
    job.push(family);
    bytes += family.bytes;
    blobs += 1 + family.deltas.length;
    last = family;
  }
  if (job.length > 0) yield job;
}
