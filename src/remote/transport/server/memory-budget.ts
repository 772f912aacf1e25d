/**
 * Memory that the requests of a server hold at once, whatever clients ask for: 40 that sent or took
 * 33 MiB each and then stopped made it 1.45 GB. Who would go beyond the budget waits for its turn.
 */
export class MemoryBudget {
  private freeBytes: number;
  private readonly waiting: { readonly bytes: number; readonly begin: () => void }[] = [];

  constructor(mostBytes: number) {
    this.freeBytes = mostBytes;
  }

  /** Runs work with this many bytes of the budget, in order of arrival; they must fit into it. */
  async use<T>(bytes: number, work: () => Promise<T>): Promise<T> {
    await new Promise<void>((begin) => {
      this.waiting.push({ bytes, begin });
      this.admit();
    });
    try {
      return await work();
    } finally {
      this.freeBytes += bytes;
      this.admit();
    }
  }

  private admit(): void {
    for (;;) {
      const [next] = this.waiting;
      if (next === undefined || next.bytes > this.freeBytes) return;
      this.waiting.shift();
      this.freeBytes -= next.bytes;
      next.begin();
    }
  }
}
