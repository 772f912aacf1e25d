/** Reproducible choices: the same seed makes the same test on every machine. */
import { seededBytes } from './golden.js';

/** Numbers from a seed: mulberry32. */
export class Seeded {
  private state: number;

  constructor(seed: number) {
    this.state = seed >>> 0;
  }

  /** An integer from 0 to `limit` - 1. */
  below(limit: number): number {
    this.state = (this.state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.state ^ (this.state >>> 15), this.state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % limit;
  }
}

/** A file and what a few edits made of it. */
export interface Mutation {
  readonly basis: Buffer;
  readonly target: Buffer;
}

/** One edit, as in librsync's own mutation test: copy over, copy in between, delete. */
function edit(file: Buffer, random: Seeded): Buffer {
  const span = () => {
    const start = random.below(file.length + 1);
    return { start, end: start + random.below(file.length - start + 1) };
  };
  const [from, to] = [span(), random.below(file.length + 1)];
  const piece = file.subarray(from.start, from.end);
  switch (random.below(3)) {
    case 0:
      return Buffer.concat([file.subarray(0, to), piece, file.subarray(to + piece.length)]);
    case 1:
      return Buffer.concat([file.subarray(0, to), piece, file.subarray(to)]);
    default:
      return Buffer.concat([file.subarray(0, from.start), file.subarray(from.end)]);
  }
}

/** The mutation of this seed: up to 20 kB of random or repetitive bytes, up to five edits. */
export function mutation(seed: number): Mutation {
  const random = new Seeded(seed);
  const length = random.below(20_000);
  const bytes = seededBytes(`mutation ${seed}`, length);
  const basis = random.below(3) === 0 ? Buffer.from(bytes.map((byte) => byte & 1)) : bytes;
  let target = basis;
  for (let edits = random.below(6); edits > 0; edits--) {
    target = edit(target, random).subarray(0, 60_000);
  }
  return { basis, target };
}
