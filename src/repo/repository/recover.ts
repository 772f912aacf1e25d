/**
 * Takes up what an interrupted run left behind: whole blobs that lie in packs beyond their committed
 * length are adopted, so that nothing is stored twice; what is torn is cut off, and so is every
 * manifest that no transaction followed. Runs at the start of each writer, under its lock.
 */
import { CodedError } from '../../errors.js';
import { BlobKind } from '../index/blobs.js';
import type { PackRow } from '../index/packs.js';
import { FrameKind } from '../packs/frame.js';
import { beginsPack, PACK_HEADER_BYTES, PackKind, readPackKind } from '../packs/pack-store.js';
import { scanPack, type ScannedFrame } from '../packs/scan.js';
import { cutUncommitted } from './cut-packs.js';
import { isCutShort } from './failures.js';
import { shareStoredBytes } from './frame-shares.js';
import type { HeldRepository } from './held.js';

export function recover(repository: HeldRepository): void {
  const { index, packs } = repository;
  const committed = new Map(index.packs.all().map((pack) => [pack.number, pack]));
  const grown = packs.list().filter((pack) => {
    const known = committed.get(pack);
    return !known || (packs.sizeBytes(pack) ?? 0) > known.lengthBytes;
  });
  if (grown.length === 0) return;
  refuseOlderIndex(repository, grown, committed);

  index.begin();
  try {
    for (const pack of grown) recoverPack(repository, pack, committed.get(pack)?.lengthBytes);
    index.commit();
  } catch (error) {
    index.rollback();
    if (!isCutShort(repository.path, error)) throw error;
    // There is no room to note what could be adopted: better lost than in the way of all that follows.
    const foreign = grown.filter((pack) => !committed.has(pack) && !isOurs(repository, pack));
    cutUncommitted(repository, new Set(foreign));
  }
}

function isOurs({ packs, config }: HeldRepository, pack: number): boolean {
  return readPackKind(packs, pack, config.id) !== undefined;
}

/**
 * A run that died leaves at most one manifest's end behind, of a generation that the index does not know.
 * Any other was committed: the index is an older copy, or a repair set aside a pack that is back now. Its
 * snapshots would be cut off.
 * @throws CodedError INDEX_CORRUPT
 */
function refuseOlderIndex(
  { path, index, packs, config }: HeldRepository,
  grown: readonly number[],
  committed: ReadonlyMap<number, PackRow>,
): void {
  const last = index.counters.last('generation');
  let finished = 0;
  let known = 0;
  for (const pack of grown) {
    if (readPackKind(packs, pack, config.id) !== PackKind.manifests) continue;
    for (const { head, isIntact } of scanPack(packs, pack, committed.get(pack)?.lengthBytes)) {
      if (!isIntact || head.kind !== FrameKind.manifestEnd) continue;
      finished += 1;
      if (head.generation <= last) known += 1;
    }
  }
  if (finished <= 1 && known === 0) return;
  const runs = finished === 1 ? 'a run' : `${finished} runs`;
  throw new CodedError(
    'INDEX_CORRUPT',
    `The index of ${path} does not know ${runs} that its packs contain.`,
    { hint: 'Run `varve repair --rebuild-index` to rebuild it from the packs.' },
  );
}

function recoverPack(
  repository: HeldRepository,
  pack: number,
  committed: number | undefined,
): void {
  const { index, packs, config } = repository;
  if (committed === undefined && (packs.sizeBytes(pack) ?? 0) < PACK_HEADER_BYTES) {
    // What is not the beginning of a pack is somebody else's.
    if (beginsPack(packs, pack, config.id)) packs.remove(pack);
    return;
  }
  const kind = readPackKind(packs, pack, config.id);
  if (kind === undefined) return;
  index.counters.raise('pack', pack);
  const start = committed ?? PACK_HEADER_BYTES;
  const end = kind === PackKind.blobs ? adoptFrames(repository, pack, start) : start;
  if ((packs.sizeBytes(pack) ?? 0) > end) packs.truncate(pack, end);
  packs.sync(pack);
  packs.syncNames();
  index.packs.put(pack, kind, end);
}

/** Where the last frame ends of which anything is of use; what follows is cut off. */
function adoptFrames(repository: HeldRepository, pack: number, start: number): number {
  let end = start;
  let next = start;
  const passed: Pick<ScannedFrame, 'head' | 'address'>[] = [];
  for (const frame of scanPack(repository.packs, pack, start)) {
    if (!frame.isIntact || frame.address.offset !== next) break;
    next += frame.address.lengthBytes;
    // A generation is never used twice, or a rebuild could not tell what is the later of two.
    repository.index.counters.raise('generation', frame.head.generation);
    if (frame.head.kind === FrameKind.full && adoptBlobs(repository, frame)) {
      for (const dead of passed.splice(0)) noteDead(repository, dead);
      end = next;
    } else passed.push({ head: frame.head, address: frame.address });
  }
  return end;
}

/** Deltas, and blobs that are stored already: the space is given back. */
function noteDead(
  { index }: HeldRepository,
  { head, address }: Pick<ScannedFrame, 'head' | 'address'>,
): void {
  index.frames.insert({
    id: index.counters.next('frame'),
    ...address,
    kind: head.kind,
    headBytes: head.headBytes,
    liveBytes: 0,
    totalBytes: head.payloadBytes,
  });
}

/** Whether the frame holds any blob that is not stored yet. */
function adoptBlobs({ index }: HeldRepository, { head, address }: ScannedFrame): boolean {
  const { blobs, frames, counters } = index;
  const weights = head.fullMembers.map(({ lengthBytes }) => lengthBytes);
  const shares = shareStoredBytes(head.payloadBytes, weights);
  const adopted = head.fullMembers.flatMap(({ hash, lengthBytes }, member) =>
    blobs.find(hash) ? [] : [{ hash, lengthBytes, member, storedBytes: shares[member] ?? 0 }],
  );
  if (adopted.length === 0) return false;
  const frame = counters.next('frame');
  frames.insert({
    id: frame,
    ...address,
    kind: head.kind,
    headBytes: head.headBytes,
    liveBytes: adopted.reduce((sum, { storedBytes }) => sum + storedBytes, 0),
    totalBytes: shares.reduce((sum, share) => sum + share, 0),
  });
  for (const { hash, lengthBytes, member, storedBytes } of adopted) {
    const place = { kind: BlobKind.full, frame, member, basis: undefined, storedBytes };
    blobs.insert(counters.next('blob'), hash, lengthBytes, place);
  }
  return true;
}
