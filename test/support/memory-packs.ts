/** A pack store in memory, whose bytes a test can read and spoil. */
import { CodedError } from '../../src/errors.js';
import { PACK_HEADER_BYTES, type PackStore } from '../../src/repo/packs/pack-store.js';

export interface MemoryPacks extends PackStore {
  readonly packs: Map<number, Buffer>;
  /** Names of the calls that make something durable, in order. */
  readonly synced: string[];
}

export function memoryPacks(): MemoryPacks {
  const packs = new Map<number, Buffer>();
  const synced: string[] = [];
  const get = (pack: number): Buffer => {
    const found = packs.get(pack);
    if (!found) throw new CodedError('PACK_MISSING', `no pack ${pack}`);
    return found;
  };
  return {
    packs,
    synced,
    list: () => [...packs.keys()].sort((left, right) => left - right),
    sizeBytes: (pack) => packs.get(pack)?.length,
    create: (pack) => void packs.set(pack, Buffer.alloc(PACK_HEADER_BYTES)),
    read(pack, offset, length, buffer = Buffer.allocUnsafeSlow(length)) {
      const count = get(pack).copy(buffer, 0, offset, offset + length);
      return buffer.subarray(0, count);
    },
    readUnchecked: (pack, length) => get(pack).subarray(0, length),
    append(pack, offset, bytes) {
      packs.set(pack, Buffer.concat([get(pack).subarray(0, offset), bytes]));
    },
    sync: (pack) => void synced.push(`pack ${pack}`),
    syncNames: () => void synced.push('names'),
    truncate: (pack, length) => void packs.set(pack, get(pack).subarray(0, length)),
    remove: (pack) => void packs.delete(pack),
    punch: () => false,
    canPunch: () => false,
    allocatedBytes: () => 0,
    close: () => undefined,
  };
}
