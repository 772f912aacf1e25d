/**
 * Cuts bytes whose end is not known yet as a file with the same bytes is cut: up to `wholeFileBytes`
 * they are one piece, beyond that each segment is cut by itself. So the same bytes are the same blobs,
 * whichever way they come.
 */
import type { ChunkingParameters } from '../../model.js';
import {
  chunkParams,
  cutWindow,
  leastWindowBytes,
  type CutPiece,
} from '../../worker/cut-window.js';

/** Pieces that follow each other. */
export interface Pieces {
  /** A view, which holds them until the next pieces are asked for. */
  readonly bytes: Uint8Array;
  readonly pieces: readonly CutPiece[];
}

export interface PieceCutter {
  /** Takes the next bytes; gives the pieces that are sure now. */
  push(bytes: Uint8Array): Generator<Pieces>;
  /** The rest. */
  end(): Generator<Pieces>;
}

/** Bytes that are cut at once, unless a piece may be nearly as long. */
const WINDOW_BYTES = 4 * 1024 * 1024;

export function createPieceCutter(chunking: ChunkingParameters): PieceCutter {
  const { wholeFileBytes, segmentBytes } = chunking;
  const cuts = chunkParams(chunking);
  const windowBytes = Math.max(WINDOW_BYTES, 2 * leastWindowBytes(cuts));
  /** Once it is full, the file is more than one piece. */
  const held = Buffer.allocUnsafeSlow(Math.max(windowBytes, wholeFileBytes + 1));
  let heldBytes = 0;
  let isLarge = false;
  /** Where what is held begins in the stream. */
  let offset = 0;
  let followsHole = false;

  /** Cuts what is held, as far as it goes: a window that does not end its segment keeps a rest. */
  function* cut(isEnd: boolean): Generator<Pieces> {
    let start = 0;
    for (;;) {
      const rest = heldBytes - start;
      const segmentRest = segmentBytes - (offset % segmentBytes);
      const wanted = Math.min(windowBytes, segmentRest, isEnd ? rest : Infinity);
      if (wanted === 0 || rest < wanted) break;
      const isSegmentEnd = wanted === segmentRest || (isEnd && wanted === rest);
      const bytes = held.subarray(start, start + wanted);
      const window = { bytes, offset, isEnd: isSegmentEnd, followsHole, precedesHole: false };
      const pieces = cutWindow(window, cuts);
      yield { bytes, pieces };
      const taken = pieces.reduce((sum, { lengthBytes }) => sum + lengthBytes, 0);
      start += taken;
      offset += taken;
      followsHole = !isSegmentEnd && pieces.at(-1)?.isHole === true;
    }
    held.copyWithin(0, start, heldBytes);
    heldBytes -= start;
  }

  return {
    *push(bytes) {
      for (let from = 0; from < bytes.length;) {
        const taken = Math.min(held.length - heldBytes, bytes.length - from);
        held.set(bytes.subarray(from, from + taken), heldBytes);
        heldBytes += taken;
        from += taken;
        if (heldBytes < held.length) continue;
        isLarge = true;
        yield* cut(false);
      }
    },
    *end() {
      if (isLarge || heldBytes > wholeFileBytes) yield* cut(true);
      else if (heldBytes > 0) {
        const pieces = [{ start: 0, lengthBytes: heldBytes, isHole: false }];
        yield { bytes: held.subarray(0, heldBytes), pieces };
      }
    },
  };
}
