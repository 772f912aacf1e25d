/** `varve stats`: what takes up the space. */
import { type CostlyPath, readStats, type RepositoryStats } from '../../store.js';
import { formatLocalTime } from '../../platform/local-time.js';
import { addExamples, type CliCommand } from '../command.js';
import { ExitCode } from '../exit-code.js';
import type { Output } from '../output.js';
import { formatBytes } from '../render/bytes.js';
import { count } from '../../platform/count.js';
import { formatName, jsonPath } from '../render/names.js';
import { formatSource } from '../render/source.js';
import { renderFacts, renderTable } from '../render/table.js';
import { displayWidth } from '../render/width.js';
import { formatIsoTime } from '../render/times.js';

/** Rows shown of each list unless -v asks for all. */
const FEW_ROWS = 10;

export const statsCommand: CliCommand = {
  define(command) {
    command.description(
      'Shows what takes up the space: what the snapshots contain, what is stored whole ' +
        'and as deltas, by source and by snapshot, and the paths and directories that take ' +
        'up most. -v lists more.',
    );
    addExamples(command, [['varve stats --json', 'everything, for programs']]);
  },

  async run(session) {
    const { output, isVerbose } = session;
    const stats = await readStats(await session.openRepository('read'));
    if (session.isJson) await output.json(toJson(stats));
    else await output.write(describe(stats, isVerbose ? Infinity : FEW_ROWS, output));
    return ExitCode.done;
  },
};

function describe(stats: RepositoryStats, most: number, output: Output): string {
  const { columns } = output;
  const sections = [describeTotals(stats, columns), describeSources(stats, output)];
  if (stats.perSnapshot.length > 0) sections.push(describeSnapshots(stats, most, columns));
  const costly = (title: string, paths: readonly CostlyPath[]): void => {
    if (paths.length > 0) sections.push(`${title}\n${describeCosts(paths.slice(0, most), output)}`);
  };
  costly('Paths that take up most', stats.costliest);
  costly('Directories whose own files take up most', stats.costliestDirectories);
  return sections.filter((section) => section !== '').join('\n');
}

function describeTotals(stats: RepositoryStats, width: number | undefined): string {
  const rows: (readonly [string, string])[] = [
    ['snapshots', `${stats.snapshots} of ${count(stats.sources, 'source')}`],
    ['paths', `${stats.paths} with ${count(stats.versions, 'version')}`],
    ['all snapshots in full', formatBytes(stats.logicalBytes)],
    ['distinct content', `${formatBytes(stats.contentBytes)} in ${count(stats.blobs, 'blob')}`],
    ['stored whole', formatBytes(stats.fullBytes)],
    ['stored as deltas', formatBytes(stats.deltaBytes)],
    [
      'on disk',
      `${formatBytes(stats.storedBytes)}, ${formatBytes(stats.indexBytes)} of it for the index`,
    ],
  ];
  return renderFacts(rows, 23, width);
}

function describeSources({ perSource }: RepositoryStats, { columns }: Output): string {
  if (perSource.length === 0) return '';
  return renderTable(
    [
      { head: 'SOURCE', align: 'right', cell: ({ source }) => String(source.id) },
      { head: 'SNAPSHOTS', align: 'right', cell: ({ snapshots }) => String(snapshots) },
      { head: 'IN FULL', align: 'right', cell: ({ logicalBytes }) => formatBytes(logicalBytes) },
      { head: 'ADDED', align: 'right', cell: ({ addedBytes }) => formatBytes(addedBytes) },
      {
        head: 'HOST:PATHS',
        cell: ({ source }) => formatSource(source),
      },
    ],
    perSource,
    columns,
  );
}

function describeSnapshots(
  { perSnapshot }: RepositoryStats,
  most: number,
  width: number | undefined,
): string {
  const shown = perSnapshot.slice(-most);
  const left = perSnapshot.length - shown.length;
  const table = renderTable(
    [
      { head: '#', align: 'right', cell: ({ number }) => String(number) },
      { head: 'TIME', cell: ({ startedMs }) => formatLocalTime(startedMs) },
      { head: 'SOURCE', align: 'right', cell: ({ source }) => String(source) },
      { head: 'FILES', align: 'right', cell: ({ files }) => String(files) },
      { head: 'IN FULL', align: 'right', cell: ({ logicalBytes }) => formatBytes(logicalBytes) },
      { head: 'ADDED', align: 'right', cell: ({ addedBytes }) => formatBytes(addedBytes) },
    ],
    shown,
    width,
  );
  return left > 0 ? `${table}(${count(left, 'older snapshot')}: -v)\n` : table;
}

function describeCosts(paths: readonly CostlyPath[], { columns = Infinity }: Output): string {
  const sizes = paths.map(({ bytes }) => formatBytes(bytes));
  const width = Math.max(...sizes.map((size) => size.length));
  return paths
    .map(({ path }, row) => {
      const name = formatName(path);
      const size = `  ${(sizes[row] ?? '').padStart(width)}`;
      const isBeside = displayWidth(size) + 2 + displayWidth(name) <= columns;
      return `${size}${isBeside ? '  ' : '\n    '}${name}\n`;
    })
    .join('');
}

function toJson(stats: RepositoryStats): object {
  const cost = ({ path, bytes }: CostlyPath): object => ({ ...jsonPath(path), bytes });
  return {
    snapshots: stats.snapshots,
    sources: stats.sources,
    paths: stats.paths,
    versions: stats.versions,
    blobs: stats.blobs,
    logical_bytes: stats.logicalBytes,
    content_bytes: stats.contentBytes,
    stored_bytes: stats.storedBytes,
    index_bytes: stats.indexBytes,
    full_bytes: stats.fullBytes,
    delta_bytes: stats.deltaBytes,
    per_source: stats.perSource.map(({ source, snapshots, logicalBytes, addedBytes }) => ({
      source: source.id,
      host: source.host,
      paths: source.roots.map((root) => jsonPath(root).path),
      snapshots,
      logical_bytes: logicalBytes,
      bytes_stored: addedBytes,
    })),
    per_snapshot: stats.perSnapshot.map((snapshot) => ({
      number: snapshot.number,
      source: snapshot.source,
      time: formatIsoTime(snapshot.startedMs),
      files: snapshot.files,
      logical_bytes: snapshot.logicalBytes,
      bytes_stored: snapshot.addedBytes,
    })),
    costliest_paths: stats.costliest.map(cost),
    costliest_directories: stats.costliestDirectories.map(cost),
  };
}
