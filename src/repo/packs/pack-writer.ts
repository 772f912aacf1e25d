/** Appends frames to the packs of one writer, and starts a new pack when one is large enough. */
import type { FrameAddress } from '../model.js';
import { PACK_HEADER_BYTES, type PackKind, type PackStore } from './pack-store.js';

/** A pack that has grown past this is no longer appended to. */
export const FULL_PACK_BYTES = 256 * 1024 * 1024;

/** Which packs a writer uses: no two writers share a number. */
export interface PackLane {
  readonly kind: PackKind;
  /** Continue this pack at its committed length. */
  readonly resume?: { readonly pack: number; readonly lengthBytes: number };
  /** New packs are `firstNumber`, `firstNumber + step`, ... */
  readonly firstNumber: number;
  readonly step: number;
}

export interface PackWriter {
  append(frame: Uint8Array): FrameAddress;
  /** Makes all that was appended durable; the lengths that may now be committed, by pack. */
  sync(): Map<number, number>;
}

export function createPackWriter(store: PackStore, lane: PackLane): PackWriter {
  let nextNumber = lane.firstNumber;
  let current = lane.resume && { ...lane.resume };
  let hasNewNames = false;
  const lengths = new Map<number, number>();
  const unsynced = new Set<number>();

  const startPack = (): { pack: number; lengthBytes: number } => {
    // A stray file may have the name.
    while (store.sizeBytes(nextNumber) !== undefined) nextNumber += lane.step;
    const pack = nextNumber;
    nextNumber += lane.step;
    store.create(pack, lane.kind);
    hasNewNames = true;
    return { pack, lengthBytes: PACK_HEADER_BYTES };
  };

  return {
    append(frame) {
      if (!current || current.lengthBytes >= FULL_PACK_BYTES) current = startPack();
      const address = {
        pack: current.pack,
        offset: current.lengthBytes,
        lengthBytes: frame.length,
      };
      store.append(current.pack, current.lengthBytes, frame);
      current = { pack: current.pack, lengthBytes: current.lengthBytes + frame.length };
      lengths.set(current.pack, current.lengthBytes);
      unsynced.add(current.pack);
      return address;
    },
    sync() {
      for (const pack of unsynced) store.sync(pack);
      if (hasNewNames) store.syncNames();
      unsynced.clear();
      hasNewNames = false;
      return new Map(lengths);
    },
  };
}
