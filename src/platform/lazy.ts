/**
 * Keeps the library's door light: an operation, and with it SQLite, zstd and the workers, is loaded
 * when it is first called. Loading all of them takes 50 ms, which `varve help` need not pay.
 */

/** A function that loads `load`'s function when called, and calls it. */
export function lazily<Arguments extends unknown[], Result>(
  load: () => Promise<(...args: Arguments) => Result | Promise<Result>>,
): (...args: Arguments) => Promise<Result> {
  return async (...args) => {
    const operation = await load();
    return await operation(...args);
  };
}
