/** From matches to pieces: what of the new file the target has, and what has to be sent. */
import {
  blockCount,
  blockLength,
  digestOf,
  equalBytes,
  type HashList,
} from './hashing/hash-list.js';
import type { HashMethod } from './hashing/methods.js';
import type { Piece } from './draft/pieces.js';
import type { Match, Range } from './worker/messages.js';
import { matchBytes } from './find.js';

/** How a new file is made. */
export interface Plan {
  readonly sizeBytes: number;
  /** Pieces that need no bytes. */
  readonly ready: readonly Piece[];
  /** What has to be sent, in ranges of at most a block. */
  readonly missing: readonly Range[];
  /** The share of the new file that the target has, 0 to 1. */
  readonly similarity: number;
  /** Whether all of it stands at its place in the old file already. */
  readonly keepsAll: boolean;
}

/** The source is here: `matches` are places in it where blocks of the target's list stand. */
export function planPush(
  sizeBytes: number,
  blockBytes: number,
  matches: readonly Match[],
  list: HashList | undefined,
): Plan {
  const ready: Piece[] = [];
  const missing: Range[] = [];
  let end = 0;
  for (const match of matches) {
    if (!list) break;
    missing.push(...blocksOf(end, match.offset, blockBytes));
    const piece = pieceOf(match.offset, match.block * blockBytes, matchBytes(match, list));
    ready.push(piece);
    end = piece.offset + piece.length;
  }
  missing.push(...blocksOf(end, sizeBytes, blockBytes));
  return finish(sizeBytes, ready, missing);
}

/** The target is here: `matches` are places in its old file where blocks of the source's list stand. */
export function planPull(list: HashList, matches: readonly Match[], method: HashMethod): Plan {
  const found = placesByBlock(list, matches);
  const zeros = method.digest(new Uint8Array(list.blockBytes));
  const ready: Piece[] = [];
  const missing: Range[] = [];
  for (let block = 0; block < blockCount(list); block++) {
    const offset = block * list.blockBytes;
    const length = blockLength(list, block);
    const from = found[block] as number;
    if (from >= 0) ready.push(pieceOf(offset, from, length));
    else if (equalBytes(digestOf(list, block), zeros))
      ready.push({ type: 'zeros', offset, length });
    else missing.push({ offset, length });
  }
  return finish(list.sizeBytes, joinNeighbours(ready), missing);
}

/** Where each block stands in the old file, -1 for nowhere; its own place is the best. */
function placesByBlock(list: HashList, matches: readonly Match[]): Float64Array {
  const places = new Float64Array(blockCount(list)).fill(-1);
  for (const match of matches) {
    for (let index = 0; index < match.count; index++) {
      const block = match.block + index;
      const own = block * list.blockBytes;
      if (places[block] !== own) places[block] = match.offset + index * list.blockBytes;
    }
  }
  return places;
}

function pieceOf(offset: number, from: number, length: number): Piece {
  return from === offset
    ? { type: 'keep', offset, length }
    : { type: 'copy', offset, length, from };
}

function blocksOf(start: number, end: number, blockBytes: number): Range[] {
  const ranges: Range[] = [];
  for (let offset = start; offset < end;) {
    const length = Math.min(blockBytes - (offset % blockBytes), end - offset);
    ranges.push({ offset, length });
    offset += length;
  }
  return ranges;
}

/** Pieces of one kind that go on from each other become one. */
function joinNeighbours(pieces: readonly Piece[]): Piece[] {
  const joined: Piece[] = [];
  for (const piece of pieces) {
    const last = joined.at(-1);
    if (last && goesOn(last, piece)) {
      joined[joined.length - 1] = { ...last, length: last.length + piece.length };
    } else {
      joined.push(piece);
    }
  }
  return joined;
}

function goesOn(a: Piece, b: Piece): boolean {
  if (a.type !== b.type || a.offset + a.length !== b.offset) return false;
  return a.type !== 'copy' || b.type !== 'copy' || a.from + a.length === b.from;
}

function finish(sizeBytes: number, ready: readonly Piece[], missing: readonly Range[]): Plan {
  const sent = missing.reduce((sum, { length }) => sum + length, 0);
  const made = ready.reduce((sum, { type, length }) => sum + (type === 'zeros' ? length : 0), 0);
  const similarity = sizeBytes === 0 ? 1 : (sizeBytes - sent - made) / sizeBytes;
  const keepsAll = missing.length === 0 && ready.every(({ type }) => type === 'keep');
  return { sizeBytes, ready, missing, similarity, keepsAll };
}

/** The same pieces, none longer than `mostBytes`, a whole number of blocks. */
export function cutPieces(pieces: readonly Piece[], mostBytes: number): Piece[] {
  return pieces.flatMap((piece) =>
    Array.from({ length: Math.ceil(piece.length / mostBytes) }, (_, index): Piece => {
      const done = index * mostBytes;
      const part = {
        offset: piece.offset + done,
        length: Math.min(mostBytes, piece.length - done),
      };
      return piece.type === 'copy'
        ? { ...piece, ...part, from: piece.from + done }
        : { ...piece, ...part };
    }),
  );
}
