/**
 * Rebuilds the index from the packs alone: one scan that notes every frame, then the manifests of all
 * finished runs in the order of their generations. Parts without an end never happened.
 */
import { HASH_BYTES, blake3 } from '../../../platform/hash.js';
import { isDamage } from '../../../errors.js';
import { BlobKind } from '../../index/blobs.js';
import type { Index } from '../../index/index.js';
import type { Snapshot, Source } from '../../index/sources.js';
import type { ContentRef, FrameAddress } from '../../model.js';
import { decodeFrameHead, decodeSection, FrameKind, type FrameHead } from '../../packs/frame.js';
import { readFrame } from '../../packs/frame-reader.js';
import { holeLength } from '../../packs/hole.js';
import { decodeManifestPart, type ManifestOpen } from '../../packs/manifest.js';
import { writtenByNewer } from '../../packs/newer.js';
import { PACK_HEADER_BYTES, readPackKind, type PackStore } from '../../packs/pack-store.js';
import { scanPack } from '../../packs/scan.js';
import type { ByteString } from '../../../platform/bytes.js';
import { shareStoredBytes } from '../../repository/frame-shares.js';
import { removeFree } from '../prune/remove-blobs.js';

/** What a scan notes of a frame: enough to read it again. */
interface NotedFrame extends FrameAddress {
  readonly kind: FrameKind;
  readonly isIntact: boolean;
}

/** The frames of one run. */
interface Generation {
  readonly number: number;
  readonly frames: NotedFrame[];
}

export interface RebuildReport {
  readonly snapshots: number;
  /** Blobs that a version needs and no pack holds. */
  readonly lost: number;
  readonly problems: readonly string[];
}

/** Fills the empty `index`; the caller holds the writer's lock and its transaction. */
export function rebuildIndex(
  index: Index,
  packs: PackStore,
  repositoryId: Uint8Array,
): RebuildReport {
  const problems: string[] = [];
  const generations = scanAll(index, packs, repositoryId, problems);
  const replay = new Replay(index, packs, problems);
  for (const generation of generations) replay.generation(generation);
  // What prune removed is in the packs until they are compacted, and must not come back.
  removeFree(index, new Set(index.removal.unusedBlobs()));
  index.recomputeTails();
  const lost = index.blobs.lost();
  // The next backup is to store again what it still finds.
  for (const { id } of [...lost, ...index.blobs.currentDeltas()]) index.versions.flagRacy(id);
  return { snapshots: index.snapshots.all().length, lost: lost.length, problems };
}

function scanAll(
  index: Index,
  packs: PackStore,
  repositoryId: Uint8Array,
  problems: string[],
): Generation[] {
  const generations = new Map<number, Generation>();
  for (const pack of packs.list()) {
    const kind = readPackKind(packs, pack, repositoryId);
    if (kind === undefined) {
      problems.push(`Pack ${pack} does not belong to this repository and was skipped.`);
      continue;
    }
    index.counters.raise('pack', pack);
    let end = PACK_HEADER_BYTES;
    for (const { address, head, isIntact } of scanPack(packs, pack)) {
      const generation = generations.get(head.generation) ?? {
        number: head.generation,
        frames: [],
      };
      generations.set(head.generation, generation);
      generation.frames.push({ ...address, kind: head.kind, isIntact });
      if (address.offset > end) {
        problems.push(`Pack ${pack} is damaged from ${end} to ${address.offset}.`);
      }
      end = address.offset + address.lengthBytes;
    }
    const size = packs.sizeBytes(pack) ?? end;
    if (size > end) problems.push(`Pack ${pack} is damaged from ${end} to its end at ${size}.`);
    index.packs.put(pack, kind, size);
  }
  return [...generations.values()].sort((left, right) => left.number - right.number);
}

/** Repeats what the runs did. */
class Replay {
  private readonly index: Index;
  private readonly packs: PackStore;
  private readonly problems: string[];

  constructor(index: Index, packs: PackStore, problems: string[]) {
    this.index = index;
    this.packs = packs;
    this.problems = problems;
  }

  generation({ number, frames }: Generation): void {
    this.index.counters.raise('generation', number);
    const ofKind = (kind: FrameKind): NotedFrame[] => frames.filter((frame) => frame.kind === kind);
    for (const frame of ofKind(FrameKind.full)) this.fullFrame(frame);
    const [end] = ofKind(FrameKind.manifestEnd);
    const parts = ofKind(FrameKind.manifestPart);
    if (!end) return;
    this.noteManifests([...parts, end]);
    if (!end.isIntact || parts.some(({ isIntact }) => !isIntact)) {
      this.problems.push(
        `The manifest of run ${number} is damaged: its snapshot is lost, and later snapshots lack its changes.`,
      );
      return;
    }
    const [summary, retired] = this.sections(end);
    const document = readEnd(summary);
    if (document.type === 'snapshot') this.snapshot(document, parts);
    else this.prune(document);
    this.retire(retired ?? new Uint8Array(0), ofKind(FrameKind.delta));
  }

  private fullFrame(frame: NotedFrame): void {
    const { head, bytes } = this.read(frame);
    const isSound = frame.isIntact ? head.fullMembers.map(() => true) : soundMembers(head, bytes);
    if (!isSound.includes(true)) return;
    const weights = head.fullMembers.map(({ lengthBytes }) => lengthBytes);
    const shares = shareStoredBytes(head.payloadBytes, weights);
    const id = this.insertFrame(frame, head, shares);
    head.fullMembers.forEach(({ hash, lengthBytes }, member) => {
      if (!isSound[member]) return;
      const storedBytes = shares[member] ?? 0;
      this.place(hash, lengthBytes, {
        kind: BlobKind.full,
        frame: id,
        member,
        basis: undefined,
        storedBytes,
      });
    });
  }

  private snapshot({ snapshot, source }: SnapshotDocument, parts: readonly NotedFrame[]): void {
    const { index } = this;
    const roots = source.roots.map((root) => Buffer.from(root, 'base64').toString('latin1'));
    index.sources.put({ ...source, roots: roots as ByteString[] });
    index.counters.raise('snapshot', snapshot.number);
    for (const part of parts) {
      const { paths, closes, opens, touches } = decodeManifestPart(this.sections(part));
      for (const { id, parent, name } of paths) {
        index.counters.raise('path', id);
        index.versions.insertPath(id, parent, name);
      }
      for (const path of closes) index.versions.close(path, snapshot.number);
      for (const open of opens) {
        // The run that ended the one before may be the one whose manifest is damaged.
        index.versions.close(open.path, snapshot.number);
        const attributes = index.attributes.idOf(open.attributeSet);
        const content = this.contentOf(open);
        index.counters.raise('links', open.links);
        index.versions.insert({ ...open, attributes, content }, snapshot.number);
      }
      for (const touch of touches) index.versions.touch(touch);
    }
    index.snapshots.insert(snapshot);
  }

  private prune({ removed, sources = [] }: PruneDocument): void {
    const { removal } = this.index;
    for (const source of sources) removal.removeSource(source);
    const { snapshots } = this.index;
    for (const number of removed) {
      const snapshot = snapshots.get(number);
      // The newest of its source was not removed: the one after it is lost with its manifest.
      const isNewest = snapshot && snapshots.latest(snapshot.source)?.number === number;
      if (snapshot && !isNewest) removal.removeSnapshot(number);
    }
    removal.removeUnusedContents();
  }

  /** The blobs that became deltas in this run; a delta that was written and not used stays dead. */
  private retire(hashes: Uint8Array, frames: readonly NotedFrame[]): void {
    const retired = new Set<string>();
    for (let at = 0; at < hashes.length; at += HASH_BYTES) {
      retired.add(Buffer.from(hashes.subarray(at, at + HASH_BYTES)).toString('latin1'));
    }
    for (const frame of frames) {
      // What a damaged one held stays whole where its old copy is still there, else it is lost.
      if (!frame.isIntact) continue;
      const { head } = this.read(frame);
      const weights = head.deltaMembers.map(({ streamBytes }) =>
        streamBytes.reduce((sum, bytes) => sum + bytes, 0),
      );
      const shares = shareStoredBytes(head.payloadBytes, weights);
      const id = this.insertFrame(frame, head, shares);
      head.deltaMembers.forEach(({ hash, basisHash, lengthBytes }, member) => {
        const basis = this.index.blobs.find(basisHash)?.id;
        if (!retired.has(Buffer.from(hash).toString('latin1')) || basis === undefined) return;
        const known = this.index.blobs.find(hash);
        if (this.restsOn(basis, known?.id)) return;
        const storedBytes = shares[member] ?? 0;
        this.place(hash, lengthBytes, {
          kind: BlobKind.delta,
          frame: id,
          member,
          basis,
          storedBytes,
        });
      });
    }
  }

  /** Whether the chain of `blob` leads to `other`: where frames are damaged a delta could close a loop. */
  private restsOn(blob: number, other: number | undefined): boolean {
    for (let id: number | undefined = blob; id !== undefined;) {
      if (id === other) return true;
      id = this.index.blobs.get(id)?.basis;
    }
    return false;
  }

  /** Puts a blob where it is stored from now on. */
  private place(
    hash: Uint8Array,
    lengthBytes: number,
    where: Parameters<Index['blobs']['place']>[1],
  ): void {
    const { blobs, frames, counters } = this.index;
    const known = blobs.find(hash);
    frames.addLive(where.frame, where.storedBytes);
    if (!known) {
      blobs.insert(counters.next('blob'), hash, lengthBytes, where);
      return;
    }
    if (known.kind === BlobKind.lost) {
      // Its row was made from a manifest, which does not say how long a piece of a file is.
      blobs.setLength(known.id, lengthBytes);
    } else frames.addLive(known.frame, -known.storedBytes);
    blobs.place(known.id, where);
  }

  private contentOf({ blobs: hashes, sizeBytes }: ManifestOpen): ContentRef {
    const { blobs, counters } = this.index;
    const ids = hashes.map((hash) => this.blobOf(hash, hashes.length === 1 ? sizeBytes : 0));
    const [first] = ids;
    if (first === undefined) return { type: 'none' };
    if (ids.length === 1) return { type: 'blob', blob: first };
    const hash = blake3(Buffer.concat(hashes));
    const known = blobs.findContent(hash);
    if (known !== undefined) return { type: 'content', content: known };
    const content = counters.next('content');
    blobs.insertContent(content, hash, sizeBytes, ids);
    return { type: 'content', content };
  }

  /** The row of a blob or hole; a blob that no pack holds so far is lost, unless a later run brings it. */
  private blobOf(hash: Uint8Array, lengthBytes: number): number {
    const { blobs, counters } = this.index;
    const known = blobs.find(hash);
    if (known) return known.id;
    const id = counters.next('blob');
    const holeBytes = holeLength(hash);
    if (holeBytes !== undefined) {
      blobs.insertHole(id, hash, holeBytes);
      return id;
    }
    const nowhere = { kind: BlobKind.lost, frame: 0, member: 0, basis: undefined, storedBytes: 0 };
    blobs.insert(id, hash, lengthBytes, nowhere);
    return id;
  }

  private noteManifests(frames: readonly NotedFrame[]): void {
    for (const frame of frames) {
      const { head } = this.read(frame);
      const id = this.insertFrame(frame, head, [1]);
      this.index.frames.addLive(id, 1);
    }
  }

  private insertFrame(frame: NotedFrame, head: FrameHead, shares: readonly number[]): number {
    const { pack, offset, lengthBytes, kind } = frame;
    const id = this.index.counters.next('frame');
    const totalBytes = shares.reduce((sum, share) => sum + share, 0);
    const address = { pack, offset, lengthBytes };
    this.index.frames.insert({
      ...address,
      id,
      kind,
      headBytes: head.headBytes,
      liveBytes: 0,
      totalBytes,
    });
    return id;
  }

  private read(frame: FrameAddress): { head: FrameHead; bytes: Buffer } {
    const bytes = readFrame(this.packs, frame);
    return { head: decodeFrameHead(bytes), bytes };
  }

  private sections(frame: FrameAddress): Uint8Array[] {
    const { head, bytes } = this.read(frame);
    return head.sections.map((_, index) => decodeSection(head, bytes, index));
  }
}

/** Which members of a damaged frame are what they were; none when its payload was given back. */
function soundMembers(head: FrameHead, bytes: Buffer): boolean[] {
  const raw = decoded(() => decodeSection(head, bytes, 0));
  let end = 0;
  return head.fullMembers.map(({ hash, lengthBytes }) => {
    const start = end;
    end += lengthBytes;
    return raw !== undefined && Buffer.compare(blake3(raw.subarray(start, end)), hash) === 0;
  });
}

function decoded<T>(decode: () => T): T | undefined {
  try {
    return decode();
  } catch (error) {
    if (isDamage(error)) return undefined;
    throw error;
  }
}

interface SnapshotDocument {
  readonly type: 'snapshot';
  readonly snapshot: Snapshot;
  readonly source: Omit<Source, 'roots'> & { readonly roots: readonly string[] };
}

interface PruneDocument {
  readonly type: 'prune';
  readonly removed: readonly number[];
  /** Sources that went with all their snapshots. */
  readonly sources?: readonly number[];
}

/** What the run was that a manifest ends. @throws CodedError FORMAT_UNKNOWN */
function readEnd(summary: Uint8Array | undefined): SnapshotDocument | PruneDocument {
  const document = JSON.parse(Buffer.from(summary ?? []).toString()) as { readonly type: string };
  if (document.type !== 'snapshot' && document.type !== 'prune') {
    throw writtenByNewer(`A manifest is of a run of type ${document.type}.`);
  }
  return document as SnapshotDocument | PruneDocument;
}
