/** What a file is assembled from. Pieces cover the new file without gap or overlap. */

/** A piece of the new file. */
export type DraftPiece =
  /** The old file's bytes, at the same place. */
  | { readonly type: 'keep'; readonly offset: number; readonly length: number }
  /** The old file's bytes from another place. */
  | {
      readonly type: 'copy';
      readonly offset: number;
      readonly length: number;
      readonly from: number;
    }
  /** Bytes that are sent along, at most a block; `at` is where they lie in the batch's memory. */
  | { readonly type: 'data'; readonly offset: number; readonly length: number; readonly at: number }
  | { readonly type: 'zeros'; readonly offset: number; readonly length: number };

export type DraftPieceType = DraftPiece['type'];
