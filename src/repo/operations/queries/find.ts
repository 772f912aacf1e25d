/** Find: paths by their names, in all of history. */
import { baseName } from '../../../platform/paths.js';
import type { VersionSummary, VersionTest } from '../../index/history.js';
import type { Index } from '../../index/index.js';
import type { NamedPath, NameTest, PlacedPath } from '../../index/names.js';
import { VersionType } from '../../model.js';
import { type ByteString, textOfName, textToBytes } from '../../../platform/bytes.js';
import { compileGlob, type Glob, type GlobOptions } from '../../tree/glob.js';
import { selectedSource, type QueryOptions } from './sources.js';
import type { Repository } from '../../repository/repository.js';
import { createDatedSpans, type DatedSpan } from './dated-spans.js';

export interface FindOptions extends QueryOptions, GlobOptions, VersionTest {
  /** See `tree/glob.ts`. None: every path that passes the tests of versions. */
  readonly pattern?: string | undefined;
}

/** A path that was found, with its history in one line. */
export interface FoundPath extends DatedSpan {
  readonly path: ByteString;
  /** The number of the source that it is of. */
  readonly source: number;
  /** The size of its newest version. */
  readonly sizeBytes: number;
}

/**
 * The paths that match, of one source or of all, in byte order; each once, whatever became of it, with
 * the span of those of its versions that pass the tests.
 * @throws CodedError USAGE_PATTERN
 */
export function findPaths(repository: Repository, options: FindOptions): Promise<FoundPath[]> {
  const { pattern } = options;
  const glob = pattern === undefined ? undefined : compileGlob(pattern, options);
  return repository.read(({ index }) => {
    const wanted = options.source && selectedSource(index, options.source).id;
    const { history } = index;
    const summarise = createSummaries(index);
    const found: FoundPath[] = [];
    for (const { id, path, source } of glob ? named(index, glob) : tested(index, options)) {
      if (wanted !== undefined && source !== wanted) continue;
      const versions = history.ofPath(id);
      if (options.isGone && versions.at(-1)?.last === 0) continue;
      const matching = versions.filter(
        (version) =>
          passes(version, options) &&
          (!glob?.isDirectoryOnly || version.type === VersionType.directory),
      );
      const summary = summarise(source, path, matching);
      if (summary) found.push(summary);
    }
    return inByteOrder(found);
  });
}

interface PlacedNode extends PlacedPath {
  readonly id: number;
}

/** Nodes whose name or path matches. */
function* named(index: Index, glob: Glob): Generator<PlacedNode> {
  const places = index.placePaths();
  for (const node of candidates(index, glob)) {
    if (glob.subject === 'name' && !glob.matches(nameText(node))) continue;
    const placed = places.of(node);
    if (glob.subject === 'path' && !glob.matches(textOfName(placed.path))) continue;
    yield { id: node.id, ...placed };
  }
}

/** Nodes with a version that passes the tests. */
function* tested(index: Index, test: VersionTest): Generator<PlacedNode> {
  const places = index.placePaths();
  for (const id of index.history.pathsWith(test)) yield { id, ...places.ofId(id) };
}

function passes(
  { type, sizeBytes, mtimeSeconds }: VersionSummary,
  { largerThan, smallerThan, modifiedFrom, modifiedBefore }: VersionTest,
): boolean {
  const asksForSize = largerThan !== undefined || smallerThan !== undefined;
  if (asksForSize && type !== VersionType.file) return false;
  return (
    sizeBytes > (largerThan ?? -1) &&
    sizeBytes < (smallerThan ?? Infinity) &&
    mtimeSeconds >= (modifiedFrom ?? -Infinity) &&
    mtimeSeconds < (modifiedBefore ?? Infinity)
  );
}

/** Makes one line of the versions of a path; nothing when no snapshot has any of them. */
export function createSummaries(
  index: Index,
): (
  source: number,
  path: ByteString,
  versions: readonly VersionSummary[],
) => FoundPath | undefined {
  const spansOfSource = new Map<number, ReturnType<typeof createDatedSpans>>();
  return (source, path, versions) => {
    const spanOf = spansOfSource.get(source) ?? createDatedSpans(index, source);
    spansOfSource.set(source, spanOf);
    const oldest = versions[0];
    const newest = versions.at(-1);
    const span = oldest && newest && spanOf({ first: oldest.first, last: newest.last });
    return span && { path, source, ...span, sizeBytes: newest.sizeBytes };
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
