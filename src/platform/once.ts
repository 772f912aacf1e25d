/** For what is costly to load and not always needed: a native library, a large table. */

/** A function that calls `make` the first time, and gives what it made every time. */
export function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}
