/**
 * Files of the package that are opened by path. The build joins modules into files at the top of
 * `dist/`, so a module cannot say where it lies among them: this one lies one folder below the package,
 * as a source and as a part of such a file.
 */

/** A file by its place in the package. */
export function packageFile(path: string): URL {
  return new URL(`../${path}`, import.meta.url);
}
