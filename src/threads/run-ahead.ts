/** Runs jobs some way ahead of whoever takes their results, which come in the jobs' order. */

/**
 * The results of `run` for each item, with at most `ahead` of them under way or waiting. Ends when
 * nothing is under way any longer, also where its taker stops early.
 * @throws what `run` throws
 */
export async function* runAhead<Item, Result>(
  items: Iterable<Item>,
  ahead: number,
  run: (item: Item) => Promise<Result>,
): AsyncGenerator<readonly [Item, Result]> {
  const started: { readonly item: Item; readonly result: Promise<Result> }[] = [];
  const iterator = items[Symbol.iterator]();
  const start = (): void => {
    while (started.length < ahead) {
      const next = iterator.next();
      if (next.done === true) return;
      const result = run(next.value);
      // Who takes the result learns of its failure.
      result.catch(() => undefined);
      started.push({ item: next.value, result });
    }
  };
  try {
    for (;;) {
      start();
      const [first] = started;
      if (!first) return;
      const result = await first.result;
      started.shift();
      yield [first.item, result];
    }
  } finally {
    await Promise.allSettled(started.map(({ result }) => result));
  }
}
