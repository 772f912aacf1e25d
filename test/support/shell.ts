/** Words for a shell. */

/** A path as one word of the shell. */
export function quote(path: string): string {
  return `'${path.replaceAll("'", String.raw`'\''`)}'`;
}
