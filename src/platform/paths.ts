/** Paths: names joined by slashes, as text or as byte strings. */

/** What stands before the last name: '' before a name alone, `/` before a name in the root directory. */
export function parentOf<Path extends string>(path: Path): Path {
  const slash = path.lastIndexOf('/');
  return (slash === 0 ? '/' : path.slice(0, Math.max(slash, 0))) as Path;
}

/** The last name; '' for the root directory. */
export function baseName<Path extends string>(path: Path): Path {
  return path.slice(path.lastIndexOf('/') + 1) as Path;
}

/** `directory/name`. The root directory takes no second slash; '' is where names stand alone. */
export function join<Path extends string>(directory: Path, name: Path): Path {
  if (directory === '') return name;
  return (directory.endsWith('/') ? `${directory}${name}` : `${directory}/${name}`) as Path;
}

/** Whether `path` lies below `directory`, at any depth. */
export function isBelow(path: string, directory: string): boolean {
  return path !== directory && (directory === '/' || path.startsWith(`${directory}/`));
}

/** Whether `path` is `directory` or lies below it. */
export function isWithin(path: string, directory: string): boolean {
  return path === directory || isBelow(path, directory);
}
