/** From matches to pieces: what of the new file the target has, and what has to be sent. */
import {
  blockCount,
  blockLength,
  digestOf,
  areSameBytes,
  type HashList,
} from './hashing/hash-list.js';
import type { HashMethod } from './hashing/methods.js';
import type { DraftPiece } from './draft/pieces.js';
import type { BlockMatch, FileRange } from './worker/messages.js';
import { matchBytes } from './find.js';

/** How a new file is made. */
export interface Plan {
  readonly sizeBytes: number;
  /** Pieces that need no bytes. */
  readonly ready: readonly DraftPiece[];
  /** What has to be sent, in ranges of at most a block. */
  readonly missing: readonly FileRange[];
  /** The share of the new file that the target has, 0 to 1. */
  readonly similarity: number;
  /** Whether all of it stands at its place in the old file already. */
  readonly keepsAll: boolean;
}

/** The source is here: `matches` are places in it where blocks of the target's list stand. */
export function planPush(
  sizeBytes: number,
  blockBytes: number,
  matches: readonly BlockMatch[],
  list: HashList | undefined,
): Plan {
  const ready: DraftPiece[] = [];
  const missing: FileRange[] = [];
  let end = 0;
  for (const match of matches) {
    if (!list) break;
    addBlocks(missing, { offset: end, length: match.offset - end }, blockBytes);
    const piece = pieceOf(match.offset, match.block * blockBytes, matchBytes(match, list));
    ready.push(piece);
    end = piece.offset + piece.length;
  }
  addBlocks(missing, { offset: end, length: sizeBytes - end }, blockBytes);
  return finish(sizeBytes, ready, missing);
}

/** The target is here: `matches` are places in its old file where blocks of the source's list stand. */
export function planPull(list: HashList, matches: readonly BlockMatch[], method: HashMethod): Plan {
  const found = placesByBlock(list, matches);
  const zeros = method.digest(new Uint8Array(list.blockBytes));
  const ready: DraftPiece[] = [];
  const missing: FileRange[] = [];
  for (let block = 0; block < blockCount(list); block++) {
    const offset = block * list.blockBytes;
    const length = blockLength(list, block);
    const from = found[block] as number;
    if (from >= 0) ready.push(pieceOf(offset, from, length));
    else if (areSameBytes(digestOf(list, block), zeros))
      ready.push({ type: 'zeros', offset, length });
    else missing.push({ offset, length });
  }
  return finish(list.sizeBytes, joinNeighbours(ready), missing);
}

/** Where each block stands in the old file, -1 for nowhere; its own place is the best. */
function placesByBlock(list: HashList, matches: readonly BlockMatch[]): Float64Array {
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

function pieceOf(offset: number, from: number, length: number): DraftPiece {
  return from === offset
    ? { type: 'keep', offset, length }
    : { type: 'copy', offset, length, from };
}

/** Adds a range block by block: there may be more of them than a call has arguments. */
function addBlocks(ranges: FileRange[], range: FileRange, blockBytes: number): void {
  const end = range.offset + range.length;
  for (let { offset } = range; offset < end;) {
    const length = Math.min(blockBytes - (offset % blockBytes), end - offset);
    ranges.push({ offset, length });
    offset += length;
  }
}

/** Pieces of one kind that go on from each other become one. */
function joinNeighbours(pieces: readonly DraftPiece[]): DraftPiece[] {
  const joined: DraftPiece[] = [];
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

function goesOn(a: DraftPiece, b: DraftPiece): boolean {
  if (a.type !== b.type || a.offset + a.length !== b.offset) return false;
  return a.type !== 'copy' || b.type !== 'copy' || a.from + a.length === b.from;
}

function finish(
  sizeBytes: number,
  ready: readonly DraftPiece[],
  missing: readonly FileRange[],
): Plan {
  const sent = missing.reduce((sum, { length }) => sum + length, 0);
  const made = ready.reduce((sum, { type, length }) => sum + (type === 'zeros' ? length : 0), 0);
  const similarity = sizeBytes === 0 ? 1 : (sizeBytes - sent - made) / sizeBytes;
  const keepsAll = missing.length === 0 && ready.every(({ type }) => type === 'keep');
  return { sizeBytes, ready, missing, similarity, keepsAll };
}

/** Cuts pieces so that none is longer than `mostBytes`, a whole number of blocks. */
export function cutPieces(pieces: readonly DraftPiece[], mostBytes: number): DraftPiece[] {
  return pieces.flatMap((piece) =>
    Array.from({ length: Math.ceil(piece.length / mostBytes) }, (_, index): DraftPiece => {
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
