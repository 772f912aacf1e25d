/** Where hash lists are kept, by the rules of the XDG base directories. */
export function cacheDirectory(
  env: Readonly<Record<string, string | undefined>>,
  home: string,
): string {
  const base = env['XDG_CACHE_HOME'];
  return `${base?.startsWith('/') === true ? base : `${home}/.cache`}/varve/hash-lists`;
}
