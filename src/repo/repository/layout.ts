/** Where the parts of a repository are; `docs/format.md` section 1 describes them. */

export interface Layout {
  readonly config: string;
  readonly index: string;
  readonly lock: string;
  readonly packs: string;
  /** What this directory is, for people. */
  readonly readme: string;
  /** Takes up space for a full disk. */
  readonly reserve: string;
}

export function layoutOf(repositoryPath: string): Layout {
  return {
    config: `${repositoryPath}/varve.json`,
    index: `${repositoryPath}/index.sqlite`,
    lock: `${repositoryPath}/lock.sqlite`,
    packs: `${repositoryPath}/packs`,
    readme: `${repositoryPath}/README.txt`,
    reserve: `${repositoryPath}/reserve`,
  };
}
