/**
 * Manifests: what a run changed, so that the index can be rebuilt from packs alone. A run writes any
 * number of parts and, last, one end; parts without an end never happened. `docs/format.md` section 4
 * is the normative text.
 */
import { HASH_BYTES } from '../../platform/hash.js';
import { ByteWriter, readVarint, unzigzag, zigzag, type Cursor } from '../../delta/varint.js';
import { CodedError } from '../../errors.js';
import { isVersionType, type Metadata, type VersionType } from '../model.js';
import { writtenByNewer } from './newer.js';
import type { FileTime } from '../../platform/at-calls.js';
import { bufferFromBytes, bytesFromBuffer, type ByteString } from '../../platform/bytes.js';

/** A node that appears for the first time. */
interface ManifestPath {
  readonly id: number;
  readonly parent: number;
  readonly name: ByteString;
}

/** A version that begins with the snapshot. */
export interface ManifestOpen extends Metadata {
  readonly path: number;
  readonly flags: number;
  readonly links: number;
  /** Encoded; empty where there is nothing to say. */
  readonly attributeSet: Uint8Array;
  readonly link: ByteString | undefined;
  /** Hashes of the blobs of a file, in order. */
  readonly blobs: readonly Uint8Array[];
}

/** What only decides whether a current version is read again. */
interface ManifestTouch {
  readonly path: number;
  readonly flags: number;
  readonly ctime: Metadata['ctime'];
  readonly btime: Metadata['btime'];
  readonly inode: number;
}

/** One part; in each list the order is that of the run. */
export interface ManifestPart {
  readonly paths: readonly ManifestPath[];
  /** Paths whose current version ends. */
  readonly closes: readonly number[];
  readonly opens: readonly ManifestOpen[];
  readonly touches: readonly ManifestTouch[];
}

/** A part that is being written: records go straight into its columns. */
export class ManifestPartWriter {
  recordCount = 0;
  private readonly paths = new Column();
  private readonly opens = new Column();
  private readonly closes = new Column();
  private readonly touches = new Column();
  private readonly names: ByteString[] = [];
  private readonly links: ByteString[] = [];
  private readonly nanoseconds: number[] = [];
  private readonly hashes: Uint8Array[] = [];
  private readonly sets = new AttributeSets();

  path({ id, parent, name }: ManifestPath): void {
    const { out, differences } = this.paths;
    out.varint(differences.encode(0, id));
    out.varint(differences.encode(1, parent));
    out.varint(name.length);
    this.names.push(name);
    this.recordCount += 1;
  }

  close(path: number): void {
    const { out, differences } = this.closes;
    out.varint(differences.encode(0, path));
    this.recordCount += 1;
  }

  open(open: ManifestOpen): void {
    const { out, differences } = this.opens;
    out.varint(differences.encode(0, open.path));
    out.varint(open.type);
    out.varint(open.flags);
    out.varint(open.mode);
    out.varint(open.uid);
    out.varint(open.gid);
    out.varint(differences.encode(1, open.mtime.seconds));
    out.varint(differences.encode(2, open.ctime.seconds));
    out.varint(differences.encode(3, open.btime?.seconds ?? 0));
    out.varint(differences.encode(4, open.inode));
    out.varint(open.links);
    out.varint(open.rdev);
    out.varint(this.sets.number(open.attributeSet));
    out.varint(open.sizeBytes);
    out.varint(open.link?.length ?? 0);
    out.varint(open.blobs.length);
    const { mtime, ctime, btime } = open;
    this.nanoseconds.push(mtime.nanoseconds, ctime.nanoseconds, nanosecondsOf(btime));
    if (open.link !== undefined) this.links.push(open.link);
    for (const hash of open.blobs) this.hashes.push(hash);
    this.recordCount += 1;
  }

  touch({ path, flags, ctime, btime, inode }: ManifestTouch): void {
    const { out, differences } = this.touches;
    out.varint(differences.encode(0, path));
    out.varint(flags);
    out.varint(differences.encode(1, ctime.seconds));
    out.varint(ctime.nanoseconds);
    out.varint(differences.encode(2, btime?.seconds ?? 0));
    out.varint(nanosecondsOf(btime));
    out.varint(differences.encode(3, inode));
    this.recordCount += 1;
  }

  /** The nine sections of the part's frame; the writer is used up. */
  finish(): Uint8Array[] {
    return [
      this.paths.out.finish(),
      concatBytes(this.names),
      this.opens.out.finish(),
      encodeUint32s(this.nanoseconds),
      concatBytes(this.links),
      Buffer.concat(this.hashes),
      this.closes.out.finish(),
      this.touches.out.finish(),
      this.sets.finish(),
    ];
  }
}

/** The attribute sets of a part: each is written once, and named by its place, from 1. */
class AttributeSets {
  private readonly out = new ByteWriter();
  private readonly numbers = new Map<string, number>();

  number(set: Uint8Array): number {
    if (set.length === 0) return 0;
    const key = bytesFromBuffer(set);
    const known = this.numbers.get(key);
    if (known !== undefined) return known;
    this.out.varint(set.length);
    this.out.bytes(set);
    this.numbers.set(key, this.numbers.size + 1);
    return this.numbers.size;
  }

  finish(): Uint8Array {
    return this.out.finish();
  }
}

/** Stands for a time that the file system does not keep. */
const NO_TIME_NS = 0xffffffff;

function nanosecondsOf(time: FileTime | undefined): number {
  return time?.nanoseconds ?? NO_TIME_NS;
}

function timeOf(seconds: number, nanoseconds: number): FileTime | undefined {
  return nanoseconds === NO_TIME_NS ? undefined : { seconds, nanoseconds };
}

/** The records of one kind, and what the next of them is told apart from. */
class Column {
  readonly out = new ByteWriter();
  readonly differences = new Differences();
}

/** @throws CodedError FRAME_CORRUPT, DELTA_CORRUPT, FORMAT_UNKNOWN */
export function decodeManifestPart(sections: readonly Uint8Array[]): ManifestPart {
  const at = (index: number): Uint8Array => {
    const section = sections[index];
    if (!section) throw new CodedError('FRAME_CORRUPT', 'A manifest part lacks a section.');
    return section;
  };
  return {
    paths: decodePaths(at(0), at(1)),
    opens: decodeOpens({
      section: at(2),
      nanoseconds: at(3),
      links: at(4),
      hashes: at(5),
      sets: decodeSets(at(8)),
    }),
    closes: decodeCloses(at(6)),
    touches: decodeTouches(at(7)),
  };
}

/** Ids and times lie close together: each is stored as its distance from the one before. */
class Differences {
  private readonly previous: number[] = [];

  encode(column: number, value: number): number {
    const difference = value - (this.previous[column] ?? 0);
    this.previous[column] = value;
    return zigzag(difference);
  }

  decode(column: number, stored: number): number {
    const value = (this.previous[column] ?? 0) + unzigzag(stored);
    this.previous[column] = value;
    return value;
  }
}

function decodePaths(section: Uint8Array, names: Uint8Array): ManifestPath[] {
  const paths: ManifestPath[] = [];
  const differences = new Differences();
  let nameAt = 0;
  for (const cursor = cursorOf(section); cursor.position < section.length;) {
    const id = differences.decode(0, readVarint(cursor));
    const parent = differences.decode(1, readVarint(cursor));
    const length = readVarint(cursor);
    paths.push({ id, parent, name: bytesFromBuffer(names.subarray(nameAt, nameAt + length)) });
    nameAt += length;
  }
  return paths;
}

/** The sections of which versions that began are made. */
interface OpenSections {
  readonly section: Uint8Array;
  readonly nanoseconds: Uint8Array;
  readonly links: Uint8Array;
  readonly hashes: Uint8Array;
  readonly sets: readonly Uint8Array[];
}

function decodeOpens({ section, nanoseconds, links, hashes, sets }: OpenSections): ManifestOpen[] {
  const times = Buffer.from(nanoseconds.buffer, nanoseconds.byteOffset, nanoseconds.byteLength);
  const opens: ManifestOpen[] = [];
  const differences = new Differences();
  let linkAt = 0;
  let hashAt = 0;
  for (const cursor = cursorOf(section); cursor.position < section.length;) {
    const timeAt = opens.length * 12;
    const path = differences.decode(0, readVarint(cursor));
    const [type, flags, mode, uid, gid] = [1, 2, 3, 4, 5].map(() => readVarint(cursor));
    const mtimeSeconds = differences.decode(1, readVarint(cursor));
    const ctimeSeconds = differences.decode(2, readVarint(cursor));
    const btimeSeconds = differences.decode(3, readVarint(cursor));
    const inode = differences.decode(4, readVarint(cursor));
    const linkGroup = readVarint(cursor);
    const rdev = readVarint(cursor);
    const attributeSet = sets[readVarint(cursor)];
    const sizeBytes = readVarint(cursor);
    const linkLength = readVarint(cursor);
    const blobCount = readVarint(cursor);
    hashAt += blobCount * HASH_BYTES;
    if (hashAt > hashes.length || timeAt + 12 > times.length || !attributeSet) {
      throw new CodedError('FRAME_CORRUPT', 'A manifest part is shorter than it declares.');
    }
    const blobs = Array.from({ length: blobCount }, (_, index) => {
      const start = hashAt - (blobCount - index) * HASH_BYTES;
      return hashes.subarray(start, start + HASH_BYTES);
    });
    const link = bytesFromBuffer(links.subarray(linkAt, (linkAt += linkLength)));
    opens.push({
      path,
      type: nodeType(type ?? 0),
      flags: flags ?? 0,
      mode: mode ?? 0,
      uid: uid ?? 0,
      gid: gid ?? 0,
      mtime: { seconds: mtimeSeconds, nanoseconds: times.readUInt32LE(timeAt) },
      ctime: { seconds: ctimeSeconds, nanoseconds: times.readUInt32LE(timeAt + 4) },
      btime: timeOf(btimeSeconds, times.readUInt32LE(timeAt + 8)),
      inode,
      links: linkGroup,
      rdev,
      attributeSet,
      sizeBytes,
      link: linkLength > 0 ? link : undefined,
      blobs,
    });
  }
  return opens;
}

function nodeType(type: number): VersionType {
  if (isVersionType(type)) return type;
  throw writtenByNewer(`A manifest has a node of type ${type}.`);
}

function decodeCloses(section: Uint8Array): number[] {
  const closes: number[] = [];
  const differences = new Differences();
  for (const cursor = cursorOf(section); cursor.position < section.length;) {
    closes.push(differences.decode(0, readVarint(cursor)));
  }
  return closes;
}

function decodeTouches(section: Uint8Array): ManifestTouch[] {
  const touches: ManifestTouch[] = [];
  const differences = new Differences();
  for (const cursor = cursorOf(section); cursor.position < section.length;) {
    const path = differences.decode(0, readVarint(cursor));
    const flags = readVarint(cursor);
    const seconds = differences.decode(1, readVarint(cursor));
    const nanoseconds = readVarint(cursor);
    const btimeSeconds = differences.decode(2, readVarint(cursor));
    const btime = timeOf(btimeSeconds, readVarint(cursor));
    const inode = differences.decode(3, readVarint(cursor));
    touches.push({ path, flags, ctime: { seconds, nanoseconds }, btime, inode });
  }
  return touches;
}

/** The sets by their numbers; the first is the empty one. */
function decodeSets(section: Uint8Array): Uint8Array[] {
  const sets: Uint8Array[] = [Buffer.alloc(0)];
  for (const cursor = cursorOf(section); cursor.position < section.length;) {
    const length = readVarint(cursor);
    const end = cursor.position + length;
    if (end > section.length) {
      throw new CodedError('FRAME_CORRUPT', 'An attribute set is shorter than it declares.');
    }
    sets.push(section.subarray(cursor.position, end));
    cursor.position = end;
  }
  return sets;
}

function encodeUint32s(values: readonly number[]): Buffer {
  const bytes = Buffer.allocUnsafe(values.length * 4);
  values.forEach((value, index) => bytes.writeUInt32LE(value, index * 4));
  return bytes;
}

function cursorOf(bytes: Uint8Array): Cursor {
  return { bytes, position: 0 };
}

function concatBytes(parts: readonly ByteString[]): Buffer {
  return bufferFromBytes(parts.join('') as ByteString);
}
