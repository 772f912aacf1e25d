/** Find: paths by their names, in all of history. */
import { baseName } from '../../../platform/paths.js';
import type { VersionSummary } from '../../index/history.js';
import type { Index } from '../../index/index.js';
import type { NamedPath, NameTest } from '../../index/names.js';
import { VersionType } from '../../model.js';
import { type ByteString, textOfName, textToBytes } from '../../../platform/bytes.js';
import { compileGlob, type Glob } from '../../tree/glob.js';
import { selectedSource, type QueryOptions } from './sources.js';
import type { Repository } from '../../repository/repository.js';
import { createSpans, type Span } from './span.js';

export interface FindOptions extends QueryOptions {
  /** See `tree/glob.ts`: of the name, or of the whole path where it holds a slash. */
  readonly pattern: string;
}

/** A path that was found, with its history in one line. */
export interface FoundPath extends Span {
  readonly path: ByteString;
  /** The size of its newest version. */
  readonly sizeBytes: number;
}

/**
 * The paths that match, of one source or of all, in byte order; each once, whatever became of it.
 * @throws CodedError USAGE_PATTERN
 */
export function findPaths(repository: Repository, options: FindOptions): Promise<FoundPath[]> {
  const glob = compileGlob(options.pattern);
  return repository.read(({ index }) => {
    const wanted = options.source && selectedSource(index, options.source).id;
    const { history } = index;
    const places = index.placePaths();
    const summarise = createSummaries(index);
    const found: FoundPath[] = [];
    for (const node of candidates(index, glob)) {
      if (glob.subject === 'name' && !glob.matches(nameText(node))) continue;
      const { path, source } = places.of(node);
      if (wanted !== undefined && source !== wanted) continue;
      if (glob.subject === 'path' && !glob.matches(textOfName(path))) continue;
      const versions = history
        .ofPath(node.id)
        .filter(({ type }) => !glob.isDirectoryOnly || type === VersionType.directory);
      const summary = summarise(source, path, versions);
      if (summary) found.push(summary);
    }
    return inByteOrder(found);
  });
}

/** Makes one line of the versions of a path; nothing when no snapshot has any of them. */
export function createSummaries(
  index: Index,
): (
  source: number,
  path: ByteString,
  versions: readonly VersionSummary[],
) => FoundPath | undefined {
  const { history } = index;
  const spansOfSource = new Map<number, ReturnType<typeof createSpans>>();
  return (source, path, versions) => {
    const spanOf = spansOfSource.get(source) ?? createSpans(history.snapshotNumbers(source));
    spansOfSource.set(source, spanOf);
    const oldest = versions[0];
    const newest = versions.at(-1);
    const span = oldest && newest && spanOf({ first: oldest.first, last: newest.last });
    return span && { path, ...span, sizeBytes: newest.sizeBytes };
  };
}

/** Sorted by path; two sources may have the same one. */
export function inByteOrder<T extends { readonly path: ByteString }>(items: readonly T[]): T[] {
  return [...items].sort(({ path: a }, { path: b }) => (a < b ? -1 : a > b ? 1 : 0));
}

/** Roots always, since their names are whole paths; the others where their name may match. */
function* candidates({ names }: Index, { name }: Glob): Generator<NamedPath> {
  yield* names.roots();
  yield* names.search(nameTest(name));
}

function nameTest(name: Glob['name']): NameTest {
  return name.type === 'any' ? name : { type: name.type, bytes: textToBytes(name.text) };
}

function nameText({ parent, name }: NamedPath): string {
  const isRoot = parent < 0;
  return textOfName(isRoot ? baseName(name) : name);
}
