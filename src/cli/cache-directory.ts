/** Where Varve keeps what it can make again, by the rules of the XDG base directories. */

type Environment = Readonly<Record<string, string | undefined>>;

/** The user's own cache, which may not be there yet; undefined where the environment names no home. */
export function cacheHome({ XDG_CACHE_HOME: base, HOME: home }: Environment): string | undefined {
  if (base?.startsWith('/')) return base;
  return home?.startsWith('/') ? `${home}/.cache` : undefined;
}

/** Where `varve copy` and `varve serve` keep lists of hashes. */
export function hashListDirectory(env: Environment): string | undefined {
  const cache = cacheHome(env);
  return cache === undefined ? undefined : `${cache}/varve/hash-lists`;
}
