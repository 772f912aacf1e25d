/** Where Varve keeps what it can make again, by the rules of the XDG base directories. */

type Environment = Readonly<Record<string, string | undefined>>;

/** The directory, or undefined where the environment names no home. */
export function cacheDirectory(env: Environment): string | undefined {
  const { XDG_CACHE_HOME: base, HOME: home } = env;
  if (base?.startsWith('/')) return `${base}/varve`;
  return home?.startsWith('/') ? `${home}/.cache/varve` : undefined;
}

/** Where `varve copy` and `varve serve` keep lists of hashes. */
export function hashListDirectory(env: Environment): string | undefined {
  const cache = cacheDirectory(env);
  return cache === undefined ? undefined : `${cache}/hash-lists`;
}
