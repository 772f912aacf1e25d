/** `varve ls`: what a directory held at a time. */
import { listEntries, type ListedEntry } from '../../store.js';
import { addExamples, type CliCommand } from '../command.js';
import { ExitCode } from '../exit-code.js';
import { nameOrigin } from '../origin.js';
import { lineChunks, mapped } from '../render/lines.js';
import { formatName, jsonPath, jsonText } from '../render/names.js';
import {
  formatBtime,
  formatLong,
  formatMtime,
  jsonAttributes,
  octalMode,
  typeName,
} from '../render/versions.js';
import {
  addAtOption,
  addLastSeenOption,
  addSourceOption,
  sourceOption,
  timePoint,
  type AtFlag,
  type LastSeenFlag,
  type SourceFlag,
} from '../shared-options.js';
import { addTimeHelp } from '../time-help.js';

interface LsFlags extends AtFlag, LastSeenFlag, SourceFlag {
  readonly long?: boolean;
  readonly recursive?: boolean;
}

export const lsCommand: CliCommand = {
  define(command) {
    command
      .description(
        'Lists what a directory contained at a point in time; without PATH, lists the ' + 'roots.',
      )
      .argument('[path]', 'absolute, or relative to the current directory or to the root')
      .option('-l, --long', 'also show mode, owner, group, size and time')
      .option('-R, --recursive', 'also list everything below');
    addAtOption(command);
    addLastSeenOption(command);
    addSourceOption(command);
    addExamples(command, [
      ['varve ls -l ~/documents --at yesterday', 'one directory as it was'],
      ['varve ls -R --at 12', 'all paths in snapshot 12'],
    ]);
    addTimeHelp(command);
  },

  async run(session, command) {
    const flags = command.opts<LsFlags>();
    const [path] = command.args;
    const { output } = session;
    const options = {
      path,
      at: await timePoint(flags, session),
      isLastSeen: flags.lastSeen ?? false,
      ...sourceOption(flags),
      isRecursive: flags.recursive ?? false,
    };
    const listing = await listEntries(await session.openRepository('read'), options);
    const { snapshot, source, entries } = listing;
    nameOrigin(session, listing, snapshot);
    if (session.isJson)
      await output.json({ snapshot, source: source.id, entries: mapped(entries, toJson) });
    else {
      const toLine = (entry: ListedEntry) => describe(entry, flags.long ?? false);
      await output.writeAll(lineChunks(mapped(entries, toLine)));
    }
    return ExitCode.done;
  },
};

function describe({ path, version, attributes }: ListedEntry, isLong: boolean): string {
  const name = formatName(path);
  return isLong ? formatLong(version, attributes, name) : name;
}

function toJson({ path, version, attributes }: ListedEntry): object {
  const { uid, gid, sizeBytes, link } = version;
  return {
    ...jsonPath(path),
    type: typeName(version),
    size: sizeBytes,
    mode: octalMode(version),
    uid,
    gid,
    ...jsonAttributes(attributes),
    mtime: formatMtime(version),
    btime: formatBtime(version),
    ...(link !== undefined && { link: jsonText(link) }),
  };
}
