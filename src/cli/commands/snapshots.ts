/** `varve snapshots`: what can be restored. */
import { escapeUnsafe, type ListedSnapshot, listSnapshots } from '../../store.js';
import { formatLocalTime } from '../../platform/local-time.js';
import { addExamples, type CliCommand } from '../command.js';
import { ExitCode } from '../exit-code.js';
import { formatBytes } from '../render/bytes.js';
import { bytesOf, jsonPath } from '../render/names.js';
import { formatSource } from '../render/source.js';
import { renderTable, type Column } from '../render/table.js';
import { formatIsoTime } from '../render/times.js';
import type { Session } from '../session.js';
import { addSourceOption, sourceOption, type SourceFlag } from '../shared-options.js';

export const snapshotsCommand: CliCommand = {
  define(command) {
    command.description(
      'Lists the snapshots of each source: number, time, number of files, their size, ' +
        'what the snapshot added to the repository, and tags.',
    );
    addSourceOption(command);
    addExamples(command, [['varve snapshots --source myhost:/home', 'of one source']]);
  },

  async run(session, command) {
    const { output } = session;
    const options = sourceOption(command.opts<SourceFlag>());
    const listed = await listSnapshots(await session.openRepository('read'), options);
    if (session.isJson) await output.json({ snapshots: listed.map(toJson) });
    else await output.write(describe(listed, session));
    return ExitCode.done;
  },
};

/** A table for each source, below a line that names it. */
function describe(listed: readonly ListedSnapshot[], { output, palette }: Session): string {
  if (listed.length === 0)
    return 'No snapshots yet. Take the first one with `varve backup PATH`.\n';
  const columns: Column<ListedSnapshot>[] = [
    { head: '#', align: 'right', cell: ({ snapshot }) => String(snapshot.number) },
    { head: 'TIME', cell: ({ snapshot }) => formatLocalTime(snapshot.startedMs) },
    { head: 'FILES', align: 'right', cell: ({ snapshot }) => String(snapshot.files) },
    { head: 'SIZE', align: 'right', cell: ({ snapshot }) => formatBytes(snapshot.bytes) },
    { head: 'ADDED', align: 'right', cell: ({ snapshot }) => formatBytes(snapshot.bytesStored) },
    { head: 'TAGS', cell: ({ snapshot }) => escapeUnsafe(snapshot.tags.join(', ')) },
  ];
  const sources = new Map(listed.map(({ source }) => [source.id, source]));
  const sections = [...sources.values()].map((source) => {
    const ofSource = listed.filter((one) => one.source.id === source.id);
    const head = `Source ${source.id}  ${formatSource(source)}`;
    return `${palette.bold(head)}\n${renderTable(columns, ofSource, output.columns)}`;
  });
  return sections.join('\n');
}

function toJson({ source, snapshot }: ListedSnapshot): object {
  const paths = source.roots.map((root) => jsonPath(root));
  const isText = paths.every(({ path_base64: base64 }) => base64 === undefined);
  return {
    number: snapshot.number,
    time: formatIsoTime(snapshot.startedMs),
    source: source.id,
    host: source.host,
    paths: paths.map(({ path }) => path),
    ...(!isText && { paths_base64: source.roots.map((root) => bytesOf(root).toString('base64')) }),
    tags: snapshot.tags,
    files: snapshot.files,
    bytes: snapshot.bytes,
    bytes_stored: snapshot.bytesStored,
  };
}
