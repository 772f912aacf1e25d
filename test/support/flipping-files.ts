/** Real files of which one read gives one wrong byte, once: a bad cable, or bad memory. */
import { openFileSystem, type FileSystem } from '../../src/platform/files.js';

export interface FlippingFiles {
  readonly files: FileSystem;
  /** Whether there were as many reads. */
  wasHit(): boolean;
}

/** Read number `nth` of a file below `directory` gives another byte at `share` of what it reads. */
export function flippingFiles(directory: string, nth: number, share: number): FlippingFiles {
  const real = openFileSystem();
  const below = new Set<number>();
  let reads = 0;
  return {
    files: {
      ...real,
      open(path, mode) {
        const descriptor = real.open(path, mode);
        if (path.startsWith(`${directory}/`)) below.add(descriptor);
        else below.delete(descriptor);
        return descriptor;
      },
      read(descriptor, into, position) {
        const count = real.read(descriptor, into, position);
        if (!below.has(descriptor) || count === 0 || ++reads !== nth) return count;
        const at = Math.min(count - 1, Math.floor(count * share));
        into[at] = (into[at] ?? 0) ^ 0x10;
        return count;
      },
    },
    wasHit: () => reads >= nth,
  };
}
