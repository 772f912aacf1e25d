/**
 * Writes packs out as docs/format.md shows them: every byte in hexadecimal with what it means behind
 * it, and reads such a listing back into bytes.
 */
import { readVarint, unzigzag } from '../../src/delta/varint.js';
import {
  decodeFrameHead,
  decodeSection,
  FrameKind,
  type FrameHead,
} from '../../src/repo/packs/frame.js';

const BYTES_A_LINE = 16;
const HEX_WIDTH = BYTES_A_LINE * 3 - 1;

/** The listing of one pack. */
export function dumpPack(pack: Buffer): string {
  const listing = new Listing(pack);
  listing.take(8, 'magic: VARVPACK');
  listing.take(1, 'format version');
  listing.take(1, pack[9] === 1 ? 'kind: blobs' : 'kind: manifests');
  listing.take(2, 'zero');
  listing.take(4, 'number');
  listing.take(16, 'repository id');
  while (listing.position < pack.length) dumpFrame(listing);
  return listing.text();
}

/** The bytes of a listing: everything that stands before a `#`. */
export function readListing(listing: string): Buffer {
  return Buffer.from(listing.replace(/#.*$/gm, '').replace(/\s+/g, ''), 'hex');
}

class Listing {
  position = 0;
  readonly bytes: Buffer;
  readonly #lines: string[] = [];

  constructor(bytes: Buffer) {
    this.bytes = bytes;
  }

  comment(text: string): void {
    this.#lines.push(`# ${text}`);
  }

  take(count: number, meaning: string): void {
    const end = this.position + count;
    for (let at = this.position; at < end; at += BYTES_A_LINE) {
      const hex = this.bytes
        .subarray(at, Math.min(at + BYTES_A_LINE, end))
        .toString('hex')
        .replace(/(..)(?=.)/g, '$1 ');
      const note = at === this.position ? meaning : '';
      this.#lines.push(note === '' ? hex : `${hex.padEnd(HEX_WIDTH)}  # ${note}`);
    }
    this.position = end;
  }

  text(): string {
    return this.#lines.join('\n');
  }
}

const KIND_NAMES = { 1: 'full', 2: 'delta', 3: 'manifest part', 4: 'manifest end' } as const;

function dumpFrame(listing: Listing): void {
  const start = listing.position;
  const frame = listing.bytes.subarray(start);
  const head = decodeFrameHead(frame);
  const { kind, sections, fullMembers, deltaMembers } = head;
  const memberCount = fullMembers.length + deltaMembers.length;
  listing.comment(`frame at ${start}`);
  listing.take(4, 'magic: VFRM');
  listing.take(1, 'format version');
  listing.take(1, `kind: ${KIND_NAMES[kind]}`);
  listing.take(1, `sections: ${sections.length}`);
  listing.take(1, 'zero');
  listing.take(4, `members: ${memberCount}`);
  listing.take(4, `table: ${head.headBytes - 48} bytes`);
  listing.take(8, `generation ${head.generation}`);
  listing.take(8, `payload: ${head.payloadBytes} bytes`);
  listing.take(4, 'CRC-32 of the payload');
  listing.take(4, 'CRC-32 of the table');
  listing.take(4, 'zero');
  listing.take(4, 'CRC-32 of the 44 bytes before');
  sections.forEach(({ codec, rawBytes, storedBytes }, index) => {
    listing.take(1, `section ${index}: ${codec === 0 ? 'raw' : 'zstd'}`);
    listing.take(8, `${rawBytes} bytes raw`);
    listing.take(8, `${storedBytes} bytes stored`);
  });
  fullMembers.forEach(({ lengthBytes }, index) => {
    listing.take(32, `member ${index}: its hash`);
    listing.take(8, `its length: ${lengthBytes}`);
  });
  deltaMembers.forEach(({ lengthBytes, streamBytes }, index) => {
    listing.take(32, `member ${index}: its hash`);
    listing.take(32, 'hash of its basis');
    listing.take(8, `length when rebuilt: ${lengthBytes}`);
    for (const bytes of streamBytes) listing.take(8, `stream of ${bytes}`);
  });
  dumpPayload(listing, head, frame);
}

function dumpPayload(listing: Listing, head: FrameHead, frame: Buffer): void {
  const raw = head.sections.map((_, index) => decodeSection(head, frame, index));
  const dumpers: Record<FrameKind, () => void> = {
    [FrameKind.full]: () => {
      head.fullMembers.forEach(({ lengthBytes }, index) => {
        listing.take(lengthBytes, `bytes of member ${index}`);
      });
    },
    [FrameKind.delta]: () => {
      ['literal lengths', 'copy lengths', 'copy offsets', 'literals'].forEach((name, index) => {
        listing.take(head.sections[index]?.storedBytes ?? 0, name);
      });
    },
    [FrameKind.manifestPart]: () => dumpPart(listing, raw),
    [FrameKind.manifestEnd]: () => {
      const [json, retired] = head.sections;
      listing.take(json?.storedBytes ?? 0, 'section 0, zstd: the JSON text that is shown below');
      listing.take(retired?.storedBytes ?? 0, 'section 1: hash of a retired blob');
    },
  };
  const end = listing.position + head.payloadBytes;
  dumpers[head.kind]();
  if (listing.position !== end) throw new Error('the example has sections that are not raw');
}

type Describe = (values: readonly number[]) => string;

function dumpPart(listing: Listing, raw: readonly Uint8Array[]): void {
  const section = (index: number): Uint8Array => raw[index] ?? new Uint8Array(0);
  const nameLengths: number[] = [];
  const linkLengths: number[] = [];
  const paths = new Sums();
  const opens = new Sums();
  dumpRecords(listing, section(0), 3, ([id = 0, parent = 0, length = 0]) => {
    nameLengths.push(length);
    return `path: id ${paths.next(0, id)}, parent ${paths.next(1, parent)}, a name of ${length}`;
  });
  for (const length of nameLengths) listing.take(length, 'name');
  dumpRecords(listing, section(2), 12, (v) => {
    linkLengths.push(v[10] ?? 0);
    const [type, flags, mode = 0, uid, gid] = v.slice(1, 6);
    return (
      `open: path ${opens.next(0, v[0])}, type ${type}, flags ${flags}, mode ${mode.toString(8)}, ` +
      `uid ${uid}, gid ${gid}, mtime ${opens.next(1, v[6])}, ctime ${opens.next(2, v[7])}, ` +
      `inode ${opens.next(3, v[8])}, size ${v[9]}, link of ${v[10]}, blobs ${v[11]}`
    );
  });
  for (let at = 0; at < section(3).length; at += 8) {
    listing.take(8, 'nanoseconds of mtime and ctime');
  }
  for (const length of linkLengths) listing.take(length, 'target of a link');
  for (let at = 0; at < section(5).length; at += 32) listing.take(32, 'hash of a blob');
  const closes = new Sums();
  dumpRecords(listing, section(6), 1, ([path]) => `close: path ${closes.next(0, path)}`);
  const touches = new Sums();
  dumpRecords(listing, section(7), 5, ([path, flags, ctime, nanoseconds, inode]) => {
    const time = `${touches.next(1, ctime)} s ${nanoseconds} ns`;
    return `touch: path ${touches.next(0, path)}, flags ${flags}, ctime ${time}, inode ${touches.next(2, inode)}`;
  });
}

/** Records of `fields` varints each, one a line. */
function dumpRecords(
  listing: Listing,
  section: Uint8Array,
  fields: number,
  describe: Describe,
): void {
  const cursor = { bytes: section, position: 0 };
  while (cursor.position < section.length) {
    const start = cursor.position;
    const values = Array.from({ length: fields }, () => readVarint(cursor));
    listing.take(cursor.position - start, describe(values));
  }
}

/** Values that are stored as their distance from the one before. */
class Sums {
  readonly #values: number[] = [];

  next(column: number, stored = 0): number {
    const value = (this.#values[column] ?? 0) + unzigzag(stored);
    this.#values[column] = value;
    return value;
  }
}
