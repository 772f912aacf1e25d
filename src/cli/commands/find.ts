/** `varve find`: paths in all history, by name or by content. */
import { CodedError, findContent, findPaths, type FoundPath } from '../../store.js';
import { addExamples, type CliCommand } from '../command.js';
import { ExitCode } from '../exit-code.js';
import { formatBytes } from '../render/bytes.js';
import { formatName, jsonPath } from '../render/names.js';
import { renderTable } from '../render/table.js';
import type { Session } from '../session.js';
import { addSourceOption, sourceOption, type SourceFlag } from '../shared-options.js';

interface FindFlags extends SourceFlag {
  readonly content?: string;
}

export const findCommand: CliCommand = {
  define(command) {
    command
      .description(
        'Finds paths in the whole history: by a pattern in gitignore syntax, matched ' +
          'against the name or, if it contains a slash, against the path; or by the contents ' +
          'of a file.',
      )
      .argument('[pattern]', 'such as "*.tex" or "/home/**/thesis"')
      .option('--content <file>', 'find this file under any name, by its contents');
    addSourceOption(command);
    addExamples(command, [
      ["varve find '*.tex'", 'by name'],
      ['varve find --content photo.jpg', 'by content, before deleting it here'],
    ]);
  },

  async run(session, command) {
    const flags = command.opts<FindFlags>();
    const matches = await search(session, command.args[0], flags);
    if (session.isJson) await session.output.json({ matches: matches.map(toJson) });
    else await session.output.write(describe(matches, session));
    return ExitCode.done;
  },
};

async function search(
  session: Session,
  pattern: string | undefined,
  flags: FindFlags,
): Promise<FoundPath[]> {
  const options = sourceOption(flags);
  if (flags.content === undefined && pattern !== undefined) {
    return findPaths(await session.openRepository('read'), { ...options, pattern });
  }
  if (flags.content !== undefined && pattern === undefined) {
    return findContent(await session.openRepository('read'), { ...options, file: flags.content });
  }
  throw new CodedError('USAGE', 'find takes either PATTERN or --content FILE.', {
    hint: 'See `varve help find`.',
  });
}

function describe(matches: readonly FoundPath[], { output, isQuiet }: Session): string {
  if (matches.length === 0) return isQuiet ? '' : 'Nothing found.\n';
  return renderTable<FoundPath>(
    [
      { head: 'FIRST', align: 'right', cell: ({ firstSnapshot }) => String(firstSnapshot) },
      { head: 'LAST', align: 'right', cell: ({ lastSnapshot }) => String(lastSnapshot) },
      { head: 'SIZE', align: 'right', cell: ({ sizeBytes }) => formatBytes(sizeBytes) },
      { head: 'PATH', cell: ({ path }) => formatName(path, output.medium) },
    ],
    matches,
  );
}

function toJson({ path, firstSnapshot, lastSnapshot, sizeBytes }: FoundPath): object {
  return {
    ...jsonPath(path),
    first_snapshot: firstSnapshot,
    last_snapshot: lastSnapshot,
    size: sizeBytes,
  };
}
