/**
 * Writes packs out as docs/format.md shows them: every byte in hexadecimal with what it means behind
 * it, and reads such a listing back into bytes.
 */
import { readVarint, unzigzag } from '../../src/delta/varint.js';
import type { AttributeSet } from '../../src/repo/model.js';
import { decodeAttributeSet } from '../../src/repo/packs/attribute-set.js';
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

  /** Everything in runs of `count`. */
  takeAll(count: number, meaning: string): void {
    while (this.position < this.bytes.length) this.take(count, meaning);
  }

  /** A section of a frame, written out in `content`; where it is compressed, that is a comment. */
  section(index: number, { sections }: FrameHead, content: Listing): void {
    const { codec = 0, storedBytes = 0 } = sections[index] ?? {};
    if (codec === 0) {
      this.position += storedBytes;
      this.#lines.push(...content.#lines);
      return;
    }
    this.take(storedBytes, `section ${index}, zstd; it decodes to:`);
    for (const line of content.#lines) this.comment(line);
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
    [FrameKind.manifestPart]: () => dumpPart(listing, head, raw),
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

function dumpPart(listing: Listing, head: FrameHead, raw: readonly Uint8Array[]): void {
  const nameLengths: number[] = [];
  const linkLengths: number[] = [];
  const [paths, opens, closes, touches] = [new Sums(), new Sums(), new Sums(), new Sums()];
  const dumpers: readonly ((section: Listing) => void)[] = [
    (section) =>
      dumpRecords(section, 3, ([id = 0, parent = 0, length = 0]) => {
        nameLengths.push(length);
        return `path: id ${paths.next(0, id)}, parent ${paths.next(1, parent)}, a name of ${length}`;
      }),
    (section) => nameLengths.forEach((length) => section.take(length, 'name')),
    (section) =>
      dumpRecords(section, 16, (v) => {
        linkLengths.push(v[14] ?? 0);
        const [type, flags, mode = 0, uid, gid] = v.slice(1, 6);
        return (
          `open: path ${opens.next(0, v[0])}, type ${type}, flags ${flags}, mode ${mode.toString(8)}, ` +
          `uid ${uid}, gid ${gid}, mtime ${opens.next(1, v[6])}, ctime ${opens.next(2, v[7])}, ` +
          `btime ${opens.next(3, v[8])}, inode ${opens.next(4, v[9])}, links ${v[10]}, ` +
          `device ${v[11]}, attributes ${v[12]}, size ${v[13]}, link of ${v[14]}, blobs ${v[15]}`
        );
      }),
    (section) => section.takeAll(12, 'nanoseconds of mtime, ctime and btime'),
    (section) => linkLengths.forEach((length) => section.take(length, 'target of a link')),
    (section) => section.takeAll(32, 'hash of a blob'),
    (section) => dumpRecords(section, 1, ([path]) => `close: path ${closes.next(0, path)}`),
    (section) =>
      dumpRecords(section, 7, ([path, flags, ctime, ctimeNs, btime, btimeNs, inode]) => {
        const node = `path ${touches.next(0, path)}, flags ${flags}`;
        const changed = `ctime ${touches.next(1, ctime)} s ${ctimeNs} ns`;
        const born = `btime ${touches.next(2, btime)} s ${btimeNs} ns`;
        return `touch: ${node}, ${changed}, ${born}, inode ${touches.next(3, inode)}`;
      }),
    (section) => {
      const { bytes } = section;
      while (section.position < bytes.length) {
        const cursor = { bytes, position: section.position };
        const length = readVarint(cursor);
        section.take(cursor.position - section.position, `attribute set of ${length}`);
        const set = decodeAttributeSet(bytes.subarray(cursor.position, cursor.position + length));
        section.take(length, describeSet(set));
      }
    },
  ];
  dumpers.forEach((dump, index) => {
    const inner = new Listing(Buffer.from(raw[index] ?? []));
    dump(inner);
    listing.section(index, head, inner);
  });
}

function describeSet(set: AttributeSet | undefined): string {
  if (!set) throw new Error('the empty set is written');
  const { user, group, flags, xattrs } = set;
  const list = xattrs.map(({ name, value }) => `${name} = '${value}'`);
  const owners = `owner ${user}, group ${group}`;
  return `${owners}, inode flags 0x${flags.toString(16)}, ${xattrs.length} extended attributes${list.length > 0 ? `: ${list.join(', ')}` : ''}`;
}

/** Records of `fields` varints each, one a line. */
function dumpRecords(section: Listing, fields: number, describe: Describe): void {
  const cursor = { bytes: section.bytes, position: 0 };
  while (cursor.position < section.bytes.length) {
    const values = Array.from({ length: fields }, () => readVarint(cursor));
    section.take(cursor.position - section.position, describe(values));
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
