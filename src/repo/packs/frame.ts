/**
 * A frame: the unit of a pack. It describes itself, so that the index can be rebuilt from packs
 * alone. `docs/format.md` section 3 is the normative text; this file is its one implementation.
 *
 *     header (48 bytes) | table: sections, members | payload: the stored sections one after another
 */
import { crc32 } from 'node:zlib';
import { count } from '../../platform/count.js';
import { HASH_BYTES } from '../../platform/hash.js';
import { CodedError } from '../../errors.js';
import { compressBound } from '../../platform/zstd.js';
import { compressSection, decompressSection, isCodec, type Codec } from './codec.js';
import { writtenByNewer } from './newer.js';

export const FRAME_HEADER_BYTES = 48;
/** 'VFRM' */
const FRAME_MAGIC = 0x4d524656;
export const FRAME_MAGIC_BYTES = Buffer.from('VFRM', 'latin1');
const FRAME_VERSION = 1;
const SECTION_BYTES = 17;
/** No section may be larger: bounds what a reader allocates for bytes that it cannot trust. */
export const MAX_SECTION_BYTES = 256 * 1024 * 1024;

/** What a frame holds. */
export const FrameKind = { full: 1, delta: 2, manifestPart: 3, manifestEnd: 4 } as const;
export type FrameKind = (typeof FrameKind)[keyof typeof FrameKind];

function isFrameKind(kind: number): kind is FrameKind {
  return kind >= FrameKind.full && kind <= FrameKind.manifestEnd;
}

/** A blob stored whole: its bytes are the next `lengthBytes` of the frame's only section. */
export interface FullMember {
  readonly hash: Uint8Array;
  readonly lengthBytes: number;
}

/** A blob stored as a delta: its four streams are the next bytes of the frame's four sections. */
export interface DeltaMember {
  readonly hash: Uint8Array;
  readonly basisHash: Uint8Array;
  readonly lengthBytes: number;
  /** Literal lengths, copy lengths, copy offsets, literals. */
  readonly streamBytes: readonly [number, number, number, number];
}

interface Section {
  readonly codec: Codec;
  readonly rawBytes: number;
  readonly storedBytes: number;
}

/** A frame without its payload. */
export interface FrameHead {
  readonly kind: FrameKind;
  readonly generation: number;
  readonly sections: readonly Section[];
  readonly fullMembers: readonly FullMember[];
  readonly deltaMembers: readonly DeltaMember[];
  /** Header and table, bytes: where the payload begins. */
  readonly headBytes: number;
  readonly payloadBytes: number;
  readonly payloadCrc: number;
}

/** What {@link encodeFrame} puts together. */
export type FrameContent =
  | { readonly kind: typeof FrameKind.full; readonly members: readonly FullMember[] }
  | { readonly kind: typeof FrameKind.delta; readonly members: readonly DeltaMember[] }
  | { readonly kind: typeof FrameKind.manifestPart | typeof FrameKind.manifestEnd };

/** Room that {@link encodeFrame} may need. */
export function frameBound(content: FrameContent, sections: readonly Uint8Array[]): number {
  const bound = sections.reduce((sum, raw) => sum + compressBound(raw.length), 0);
  return headBytesOf(content, sections) + bound;
}

/**
 * The bytes of a frame around `sections` (raw). The result is a view into `scratch` when that is
 * large enough, and valid until the next call with it.
 */
export function encodeFrame(
  content: FrameContent,
  generation: number,
  sections: readonly Uint8Array[],
  { level, scratch }: { readonly level: number; readonly scratch?: Buffer },
): Buffer {
  if (sections.some(({ length }) => length > MAX_SECTION_BYTES)) {
    throw new Error(`no reader takes a section of more than ${MAX_SECTION_BYTES} bytes`);
  }
  const needed = frameBound(content, sections);
  const out = scratch && scratch.length >= needed ? scratch : Buffer.allocUnsafeSlow(needed);

  const headBytes = headBytesOf(content, sections);
  let tableAt = FRAME_HEADER_BYTES;
  let payloadAt = headBytes;
  for (const raw of sections) {
    const { codec, storedBytes } = compressSection(raw, out.subarray(payloadAt), level);
    out.writeUInt8(codec, tableAt);
    writeUint64(out, raw.length, tableAt + 1);
    writeUint64(out, storedBytes, tableAt + 9);
    tableAt += SECTION_BYTES;
    payloadAt += storedBytes;
  }
  writeMembers(content, out, tableAt);

  out.writeUInt32LE(FRAME_MAGIC, 0);
  out.writeUInt8(FRAME_VERSION, 4);
  out.writeUInt8(content.kind, 5);
  out.writeUInt8(sections.length, 6);
  out.writeUInt8(0, 7);
  out.writeUInt32LE('members' in content ? content.members.length : 0, 8);
  out.writeUInt32LE(headBytes - FRAME_HEADER_BYTES, 12);
  writeUint64(out, generation, 16);
  writeUint64(out, payloadAt - headBytes, 24);
  out.writeUInt32LE(crc32(out.subarray(headBytes, payloadAt)), 32);
  out.writeUInt32LE(crc32(out.subarray(FRAME_HEADER_BYTES, headBytes)), 36);
  out.writeUInt32LE(0, 40);
  out.writeUInt32LE(crc32(out.subarray(0, 44)), 44);
  return out.subarray(0, payloadAt);
}

/** The fixed header alone: enough to know how much there is to read. */
export interface FrameHeader {
  readonly kind: FrameKind;
  readonly generation: number;
  readonly sectionCount: number;
  readonly memberCount: number;
  readonly tableBytes: number;
  readonly payloadBytes: number;
  readonly payloadCrc: number;
  readonly tableCrc: number;
}

/** @throws CodedError FRAME_CORRUPT, FORMAT_UNKNOWN */
export function decodeFrameHeader(bytes: Buffer): FrameHeader {
  if (bytes.length < FRAME_HEADER_BYTES) throw corrupt('it is truncated in its header');
  if (bytes.readUInt32LE(0) !== FRAME_MAGIC)
    throw corrupt('it does not begin with the magic number');
  if (bytes.readUInt32LE(44) !== crc32(bytes.subarray(0, 44))) {
    throw corrupt('the checksum of its header is wrong');
  }
  if (bytes.readUInt8(4) !== FRAME_VERSION) {
    throw writtenByNewer(`A frame has format version ${bytes.readUInt8(4)}.`);
  }
  const kind = bytes.readUInt8(5);
  if (!isFrameKind(kind)) throw writtenByNewer(`A frame is of kind ${kind}.`);
  return {
    kind,
    sectionCount: bytes.readUInt8(6),
    memberCount: bytes.readUInt32LE(8),
    tableBytes: bytes.readUInt32LE(12),
    generation: readUint64(bytes, 16),
    payloadBytes: readUint64(bytes, 24),
    payloadCrc: bytes.readUInt32LE(32),
    tableCrc: bytes.readUInt32LE(36),
  };
}

/**
 * Header and table of the frame at the start of `bytes`.
 * @throws CodedError FRAME_CORRUPT, FORMAT_UNKNOWN
 */
export function decodeFrameHead(bytes: Buffer): FrameHead {
  const header = decodeFrameHeader(bytes);
  const headBytes = FRAME_HEADER_BYTES + header.tableBytes;
  if (bytes.length < headBytes) throw corrupt('it is truncated in its table');
  // A copy: hashes of members are views of it, and `bytes` may be a buffer that is used again.
  const table = Buffer.from(bytes.subarray(FRAME_HEADER_BYTES, headBytes));
  if (crc32(table) !== header.tableCrc) throw corrupt('the checksum of its table is wrong');
  const { sectionCount, memberCount, kind } = header;
  const memberBytes = kind === FrameKind.full ? FULL_BYTES : DELTA_BYTES;
  const hasMembers = kind === FrameKind.full || kind === FrameKind.delta;
  const expected = sectionCount * SECTION_BYTES + (hasMembers ? memberCount * memberBytes : 0);
  if (table.length !== expected) throw corrupt('its table has the wrong length');

  const sections = Array.from({ length: sectionCount }, (_, index) => readSection(table, index));
  const stored = sections.reduce((sum, section) => sum + section.storedBytes, 0);
  if (stored !== header.payloadBytes) throw corrupt('its sections do not fill its payload');
  const members = table.subarray(sectionCount * SECTION_BYTES);
  return {
    kind,
    generation: header.generation,
    sections,
    fullMembers: kind === FrameKind.full ? readFullMembers(members, memberCount) : [],
    deltaMembers: kind === FrameKind.delta ? readDeltaMembers(members, memberCount) : [],
    headBytes,
    payloadBytes: header.payloadBytes,
    payloadCrc: header.payloadCrc,
  };
}

/** Whether the payload in `frame` is what was written. */
export function isPayloadIntact(head: FrameHead, frame: Buffer): boolean {
  const end = head.headBytes + head.payloadBytes;
  return frame.length >= end && crc32(frame.subarray(head.headBytes, end)) === head.payloadCrc;
}

/** The raw bytes of section `index`. @throws CodedError FRAME_CORRUPT */
export function decodeSection(
  head: FrameHead,
  frame: Buffer,
  index: number,
  into?: (lengthBytes: number) => Buffer,
): Uint8Array {
  const section = head.sections[index];
  if (!section) throw corrupt(`it has no section ${index}`);
  const before = head.sections.slice(0, index);
  const start = before.reduce((sum, earlier) => sum + earlier.storedBytes, head.headBytes);
  const stored = frame.subarray(start, start + section.storedBytes);
  if (stored.length !== section.storedBytes) throw corrupt('it is truncated in its payload');
  return decompressSection(stored, section.codec, section.rawBytes, into);
}

const FULL_BYTES = HASH_BYTES + 8;
const DELTA_BYTES = 2 * HASH_BYTES + 5 * 8;

function headBytesOf(content: FrameContent, sections: readonly Uint8Array[]): number {
  const fixed = FRAME_HEADER_BYTES + sections.length * SECTION_BYTES;
  if (content.kind === FrameKind.full) return fixed + content.members.length * FULL_BYTES;
  if (content.kind === FrameKind.delta) return fixed + content.members.length * DELTA_BYTES;
  return fixed;
}

function writeMembers(content: FrameContent, out: Buffer, start: number): void {
  let at = start;
  if (content.kind === FrameKind.full) {
    for (const { hash, lengthBytes } of content.members) {
      out.set(hash, at);
      writeUint64(out, lengthBytes, at + HASH_BYTES);
      at += FULL_BYTES;
    }
  } else if (content.kind === FrameKind.delta) {
    for (const { hash, basisHash, lengthBytes, streamBytes } of content.members) {
      out.set(hash, at);
      out.set(basisHash, at + HASH_BYTES);
      at += 2 * HASH_BYTES;
      for (const value of [lengthBytes, ...streamBytes]) at = writeUint64(out, value, at);
    }
  }
}

function readSection(table: Buffer, index: number): Section {
  const at = index * SECTION_BYTES;
  const rawBytes = readUint64(table, at + 1);
  if (rawBytes > MAX_SECTION_BYTES)
    throw corrupt(`it declares a section of ${count(rawBytes, 'byte')}`);
  const codec = table.readUInt8(at);
  if (!isCodec(codec)) throw writtenByNewer(`A section of a frame is stored with codec ${codec}.`);
  return { codec, rawBytes, storedBytes: readUint64(table, at + 9) };
}

function readFullMembers(members: Buffer, count: number): FullMember[] {
  return Array.from({ length: count }, (_, index) => {
    const at = index * FULL_BYTES;
    return {
      hash: members.subarray(at, at + HASH_BYTES),
      lengthBytes: readUint64(members, at + HASH_BYTES),
    };
  });
}

function readDeltaMembers(members: Buffer, count: number): DeltaMember[] {
  return Array.from({ length: count }, (_, index) => {
    const at = index * DELTA_BYTES;
    const numbers = at + 2 * HASH_BYTES;
    return {
      hash: members.subarray(at, at + HASH_BYTES),
      basisHash: members.subarray(at + HASH_BYTES, numbers),
      lengthBytes: readUint64(members, numbers),
      streamBytes: [
        readUint64(members, numbers + 8),
        readUint64(members, numbers + 16),
        readUint64(members, numbers + 24),
        readUint64(members, numbers + 32),
      ],
    };
  });
}

function writeUint64(out: Buffer, value: number, at: number): number {
  out.writeUInt32LE(value % 2 ** 32, at);
  return out.writeUInt32LE(Math.floor(value / 2 ** 32), at + 4);
}

/** An unsigned 64-bit integer that must be a safe one. */
function readUint64(bytes: Buffer, at: number): number {
  const value = bytes.readUInt32LE(at + 4) * 2 ** 32 + bytes.readUInt32LE(at);
  if (!Number.isSafeInteger(value)) throw corrupt('it holds a number beyond 2^53');
  return value;
}

function corrupt(what: string): CodedError {
  return new CodedError('FRAME_CORRUPT', `A frame is damaged: ${what}.`, {
    hint: 'Run `varve verify` to see what is affected, then `varve repair`.',
  });
}
