/** Assembles the new file from pieces, on the target's side, and proves it before it is published. */
import { CodedError } from '../../../errors.js';
import type { FileSystem } from '../../../platform/files.js';
import type { OpenFile } from '../file/place.js';
import { settleAll } from '../../../threads/settle.js';
import {
  digestOf,
  blockLength,
  entryBytes,
  WEAK_BYTES,
  type HashList,
} from '../hashing/hash-list.js';
import { readFileOf } from '../hashing/listing.js';
import type { HashMethod } from '../hashing/methods.js';
import type { Workers } from '../worker/pool.js';
import { totalBytes } from '../batches.js';
import type { MovedRange, FileRange } from '../worker/messages.js';
import type { Attributes, Draft } from './draft.js';
import type { DraftPiece } from './pieces.js';
import { MAX_PUT_BLOCKS } from '../wire/protocol.js';
import { Proof, type LeafDigests } from './proof.js';

/** What the pieces rest on: the old file and its list, or what an interrupted copy left. */
interface Basis {
  readonly file: OpenFile;
  readonly list: HashList;
  /**
   * Blocks that stand in the draft already, one byte a block: put there by the search that found
   * and hashed them. Then the list is that of the new file.
   */
  readonly placed: Uint8Array | undefined;
}

export interface AssemblyOptions {
  readonly files: FileSystem;
  readonly workers: Workers;
  readonly draft: Draft;
  readonly basis: Basis | undefined;
  readonly sizeBytes: number;
  readonly blockBytes: number;
  readonly method: HashMethod;
  /**
   * Told of memory before it is taken until the end of the draft. @throws CodedError of the server when there is none
   */
  readonly hold?: ((bytes: number) => void) | undefined;
}

/** Copies are split so that all threads have a share. */
const COPY_PART_BYTES = 16 * 1024 * 1024;

export class Assembly {
  private readonly options: AssemblyOptions;
  private readonly proof: Proof;
  /** What pieces were put so far. */
  private coveredBytes = 0;
  /** Written, not kept. */
  bytesWritten = 0;

  constructor(options: AssemblyOptions) {
    this.options = options;
    this.proof = new Proof(options.method.digestBytes);
    const { files, draft, sizeBytes } = options;
    if (draft.isBlank) files.truncate(draft.descriptor, sizeBytes);
  }

  /**
   * Puts pieces into their places; the bytes of those with data lie in `bytes`.
   * @throws CodedError REMOTE_REQUEST when they do not fit the files
   */
  async apply(pieces: readonly DraftPiece[], bytes: SharedArrayBuffer): Promise<void> {
    const mayCopy = this.mayCopy();
    for (const piece of pieces) this.check(piece, mayCopy);
    this.cover(totalBytes(pieces));
    this.hold(pieces);
    const moves = pieces
      .flatMap((piece) => this.movesOf(piece))
      .flatMap((move) => this.notPlaced(move));
    const parts: FileRange[] = [];
    for (const piece of pieces) {
      if (piece.type !== 'keep' || !this.options.draft.holdsBasis) continue;
      if (this.isWholeBlocks(piece)) this.keep(piece);
      else parts.push(piece);
    }
    await settleAll([
      this.copy(moves),
      this.write(pieces, bytes),
      this.keepParts(parts),
      this.clear(pieces.filter(({ type }) => type === 'zeros')),
    ]);
  }

  /**
   * The hashes of the pages of ranges of the basis, one after the other.
   * @throws CodedError REMOTE_REQUEST when they lie outside
   */
  hashPages(ranges: readonly FileRange[], pageBytes: number): Promise<Uint8Array> {
    const { workers, basis, method } = this.options;
    const isInside = ({ offset, length }: FileRange): boolean =>
      basis !== undefined && offset + length <= basis.file.stat.sizeBytes;
    if (!basis || !ranges.every(isInside)) throw outside();
    const file = readFileOf(basis.file);
    const job = { type: 'digest', file, ranges, partBytes: pageBytes } as const;
    return workers.run({ ...job, method: method.name });
  }

  /**
   * Publishes the file if its hash is `root`.
   * @throws CodedError COPY_MISMATCH, and the old file stands as it was unless written in place
   */
  publish(root: string, attributes: Attributes): void {
    const { draft, sizeBytes } = this.options;
    if (this.proof.root(sizeBytes) !== root) throw mismatch();
    draft.publish(sizeBytes, attributes);
  }

  private check(piece: DraftPiece, mayCopy: boolean): void {
    const { sizeBytes, basis, blockBytes } = this.options;
    const basisBytes = basis?.file.stat.sizeBytes ?? 0;
    const { type, offset, length } = piece;
    const ok =
      length > 0 &&
      offset + length <= sizeBytes &&
      (type !== 'data' || length <= blockBytes) &&
      (type !== 'keep' || offset + length <= basisBytes) &&
      (type !== 'copy' || (piece.from + length <= basisBytes && mayCopy));
    if (ok) return;
    throw new CodedError('REMOTE_REQUEST', `A piece does not fit: ${JSON.stringify(piece)}.`, {
      hint: 'The two sides do not understand each other. Please report this.',
    });
  }

  /** Pieces do not overlap: what is put twice is no file, and would be work without an end. */
  private cover(bytes: number): void {
    const { sizeBytes, blockBytes } = this.options;
    this.coveredBytes += bytes;
    if (this.coveredBytes <= sizeBytes && bytes <= MAX_PUT_BLOCKS * blockBytes) return;
    throw new CodedError(
      'REMOTE_REQUEST',
      'The pieces are longer than a request or the new file.',
      {
        hint: 'The two sides do not understand each other. Please report this.',
      },
    );
  }

  /** Says what the proof takes for pieces: itself, and the hashes of what is copied or read. */
  private hold(pieces: readonly DraftPiece[]): void {
    const { hold, draft, blockBytes, method } = this.options;
    if (!hold) return;
    const leaves = pieces
      .filter((piece) => piece.type === 'copy' || (piece.type === 'keep' && !draft.holdsBasis))
      .reduce((sum, { length }) => sum + Math.ceil(length / blockBytes), 0);
    hold(this.proof.heldBytes(pieces.length) + leaves * method.digestBytes);
  }

  /** Within one file, a copy could read what was written before. */
  private mayCopy(): boolean {
    const { draft, basis } = this.options;
    return basis !== undefined && draft.descriptor !== basis.file.descriptor && !this.sharesInode();
  }

  private sharesInode(): boolean {
    const { files, draft, basis } = this.options;
    return basis?.file.stat.inode === files.at.statOpen(draft.descriptor).inode;
  }

  private isWholeBlocks({ offset, length }: FileRange): boolean {
    const { basis, blockBytes } = this.options;
    const end = offset + length;
    const ends = end % blockBytes === 0 || end === basis?.list.sizeBytes;
    return offset % blockBytes === 0 && ends;
  }

  private movesOf(piece: DraftPiece): MovedRange[] {
    const { draft } = this.options;
    if (piece.type === 'copy') return [piece];
    if (piece.type !== 'keep' || draft.holdsBasis) return [];
    return [{ ...piece, from: piece.offset }];
  }

  /** The parts of a move that the search did not make. */
  private notPlaced(move: MovedRange): MovedRange[] {
    const { basis, blockBytes } = this.options;
    if (!basis?.placed) return [move];
    const rest: MovedRange[] = [];
    for (const part of split(move, blockBytes)) {
      const block = part.offset / blockBytes;
      const last = rest.at(-1);
      const isWhole = Number.isInteger(block) && part.length === blockLength(basis.list, block);
      if (isWhole && basis.placed[block] === 1) {
        this.proof.add(part.offset, part.length, digestOf(basis.list, block));
        this.bytesWritten += part.length;
      } else if (last && last.offset + last.length === part.offset) {
        rest[rest.length - 1] = { ...last, length: last.length + part.length };
      } else {
        rest.push(part);
      }
    }
    return rest;
  }

  /** What stands at its place was hashed when the basis was listed. */
  private keep({ offset, length }: FileRange): void {
    const { basis, blockBytes } = this.options;
    const { list } = basis as Basis;
    const strideBytes = entryBytes(list);
    const start = (offset / blockBytes) * strideBytes + WEAK_BYTES;
    this.proof.addRange(offset, length, blockBytes, { bytes: list.entries, start, strideBytes });
  }

  /** Parts of blocks are not in the list: they are read, from where the list was made from. */
  private async keepParts(ranges: readonly FileRange[]): Promise<void> {
    if (ranges.length === 0) return;
    const { blockBytes } = this.options;
    this.addRanges(ranges, await this.hashPages(ranges, blockBytes));
  }

  private async clear(ranges: readonly FileRange[]): Promise<void> {
    if (ranges.length === 0) return;
    const { workers, draft, blockBytes, method } = this.options;
    const { descriptor, isBlank } = draft;
    const job = { type: 'zeros', descriptor, ranges, blockBytes, isBlank } as const;
    const bytes = await workers.run({ ...job, method: method.name });
    ranges.forEach(({ offset, length }, index) => {
      const start = index * 2 * method.digestBytes;
      const whole = length - (length % blockBytes);
      const last = { bytes, start: start + method.digestBytes, strideBytes: 0 };
      if (whole > 0) this.proof.addRange(offset, whole, blockBytes, { ...last, start });
      if (whole < length) this.proof.addRange(offset + whole, length - whole, blockBytes, last);
      if (!isBlank) this.bytesWritten += length;
    });
  }

  private async copy(moves: readonly MovedRange[]): Promise<void> {
    const { workers, draft, basis, blockBytes, method } = this.options;
    const from = basis?.file.descriptor ?? -1;
    const to = draft.descriptor;
    const step = Math.max(1, Math.floor(COPY_PART_BYTES / blockBytes)) * blockBytes;
    const parts = moves.flatMap((move) => split(move, step));
    await settleAll(
      gather(parts, step).map(async (moves) => {
        const job = { type: 'copy', from, to, moves, blockBytes, method: method.name } as const;
        const digests = await workers.run(job);
        this.addRanges(moves, digests);
        this.bytesWritten += totalBytes(moves);
      }),
    );
  }

  private async write(pieces: readonly DraftPiece[], bytes: SharedArrayBuffer): Promise<void> {
    const { workers, draft, method } = this.options;
    const ranges = pieces.filter((piece) => piece.type === 'data');
    if (ranges.length === 0) return;
    const { descriptor } = draft;
    const job = { type: 'write', descriptor, ranges, bytes, method: method.name } as const;
    const digests = await workers.run(job);
    ranges.forEach(({ offset, length }, index) => {
      const at = index * method.digestBytes;
      this.proof.add(offset, length, digests.subarray(at, at + method.digestBytes));
      this.bytesWritten += length;
    });
  }

  /** Adds the blocks of ranges, whose hashes lie one behind the other. */
  private addRanges(ranges: readonly FileRange[], bytes: Uint8Array): void {
    const { blockBytes, method } = this.options;
    const strideBytes = method.digestBytes;
    let start = 0;
    for (const { offset, length } of ranges) {
      const digests: LeafDigests = { bytes, start, strideBytes };
      this.proof.addRange(offset, length, blockBytes, digests);
      start += Math.ceil(length / blockBytes) * strideBytes;
    }
  }
}

function split({ offset, length, from }: MovedRange, step: number): MovedRange[] {
  return Array.from({ length: Math.ceil(length / step) }, (_, index) => {
    const done = index * step;
    return { offset: offset + done, from: from + done, length: Math.min(step, length - done) };
  });
}

/** Groups moves of about `bytes` in total. */
function gather(moves: readonly MovedRange[], bytes: number): MovedRange[][] {
  const groups: MovedRange[][] = [];
  let room = 0;
  for (const move of moves) {
    if (move.length > room) {
      groups.push([]);
      room = bytes;
    }
    groups.at(-1)?.push(move);
    room -= move.length;
  }
  return groups;
}

function outside(): CodedError {
  return new CodedError(
    'REMOTE_REQUEST',
    'The request is for pages that the old file does not have.',
    {
      hint: 'The two sides do not understand each other. Please report this.',
    },
  );
}

function mismatch(): CodedError {
  return new CodedError(
    'COPY_MISMATCH',
    'The hash of the new file does not match that of the source.',
    {
      hint: 'The source changed in the meantime, or bytes were damaged in transit; copy it again.',
    },
  );
}
