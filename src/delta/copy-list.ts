/**
 * What the encoder finds: copies in order of the target. Whatever lies between two copies is
 * literal, so literals need no entry of their own.
 */
export class CopyList {
  count = 0;
  /** Triples: start in the target, start in the basis, length. Float64 holds every safe integer. */
  #entries = new Float64Array(3 * 256);
  /** End of the last copy in the target. */
  targetEnd = 0;
  /** End of the last copy in the basis: the next copy is likely to start near it. */
  sourceEnd = 0;
  /** Target bytes that copies cover. */
  copied = 0;

  /** Appends a copy that starts at or after {@link targetEnd}; continues the last one if it can. */
  push(target: number, source: number, length: number): void {
    if (length === 0) return;
    if (this.count > 0 && target === this.targetEnd && source === this.sourceEnd) {
      const last = 3 * this.count - 1;
      this.#entries[last] = this.length(this.count - 1) + length;
    } else {
      this.#append(target, source, length);
    }
    this.targetEnd = target + length;
    this.sourceEnd = source + length;
    this.copied += length;
  }

  target(i: number): number {
    return this.#entries[3 * i] ?? 0;
  }

  source(i: number): number {
    return this.#entries[3 * i + 1] ?? 0;
  }

  length(i: number): number {
    return this.#entries[3 * i + 2] ?? 0;
  }

  #append(target: number, source: number, length: number): void {
    const at = 3 * this.count;
    if (at === this.#entries.length) {
      const grown = new Float64Array(2 * at);
      grown.set(this.#entries);
      this.#entries = grown;
    }
    this.#entries[at] = target;
    this.#entries[at + 1] = source;
    this.#entries[at + 2] = length;
    this.count += 1;
  }
}
