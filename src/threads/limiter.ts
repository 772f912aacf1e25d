/** Bounds how much is under way at once, and collects the first failure of what is. */

export interface Limiter {
  /** Tasks under way. */
  readonly running: number;
  /** Starts `task` when a place is free; resolves when it has started. */
  start(task: () => Promise<void>): Promise<void>;
  /** Resolves when all tasks have ended. @throws what the first failed task threw */
  drain(): Promise<void>;
}

export function createLimiter(places: number): Limiter {
  const running = new Set<Promise<void>>();
  let failure: { readonly error: unknown } | undefined;

  const throwFailure = (): void => {
    if (failure) throw failure.error;
  };

  return {
    get running() {
      return running.size;
    },
    async start(task) {
      while (running.size >= places) await Promise.race(running);
      throwFailure();
      const run: Promise<void> = task()
        .catch((error: unknown) => {
          failure ??= { error };
        })
        .finally(() => running.delete(run));
      running.add(run);
    },
    async drain() {
      while (running.size > 0) await Promise.race(running);
      throwFailure();
    },
  };
}

/** Does `work` for each item, `places` at once. After the first failure nothing more is begun. */
export async function forEachAtOnce<T>(
  items: Iterable<T>,
  places: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const limiter = createLimiter(places);
  try {
    for (const item of items) await limiter.start(() => work(item));
  } finally {
    await limiter.drain();
  }
}
