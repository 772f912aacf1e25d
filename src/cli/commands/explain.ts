/** `varve explain`: why a backup includes a path or leaves it out, and whether it reads it again. */
import {
  explainPath,
  type FilterReason,
  type Outcome,
  type PathExplanation,
  showBytes,
  type ReadCause,
} from '../../store.js';
import { addExamples, type CliCommand } from '../command.js';
import { exitCodeOfIssues } from '../exit-code.js';
import { nameOrigin } from '../origin.js';
import { addFilterOptions, checkedFilterOptions, type FilterFlags } from '../parse/filter.js';
import { formatBytes } from '../render/bytes.js';
import { jsonIssues } from '../render/issues.js';
import { formatName, formatNameText, jsonPath } from '../render/names.js';
import {
  addRereadOptions,
  addSourceOption,
  rereadOptions,
  sourceOption,
  type RereadFlags,
  type SourceFlag,
} from '../shared-options.js';

type ExplainFlags = SourceFlag & FilterFlags & RereadFlags;

export const explainCommand: CliCommand = {
  define(command) {
    command
      .description(
        'Says why the next backup includes a path or leaves it out, naming the rule and its ' +
          'file, and why it does or does not read a file again. Give the options that your ' +
          'backups use: they are not remembered.',
      )
      .argument('<path>', 'absolute, or relative to the current directory or to the root');
    addRereadOptions(command);
    addFilterOptions(command);
    addSourceOption(command);
    addExamples(command, [
      ['varve explain ~/project/build/a.o', 'with the ignore files of the tree'],
      ["varve explain --exclude '*.o' ~/project/a.o", 'with the options of the backups'],
    ]);
  },

  async run(session, command) {
    const flags = command.opts<ExplainFlags>();
    const { output, palette } = session;
    const options = {
      path: command.args[0] ?? '',
      filter: await checkedFilterOptions(flags, session),
      ...rereadOptions(flags),
      ...sourceOption(flags),
    };
    const explanation = await explainPath(await session.openRepository('read'), options);
    nameOrigin(session, explanation);
    session.listIssues(explanation.issues);
    if (session.isJson) await output.json(toJson(explanation));
    else {
      const name = palette.bold(formatName(explanation.path));
      const lines = describe(explanation).map((line) => `  ${line}`);
      await output.prose(`${[name, ...lines].join('\n')}\n`);
    }
    return exitCodeOfIssues(explanation.issues);
  },
};

function describe({ outcome, path, saved, causes }: PathExplanation): string[] {
  const lines = [`${describeOutcome(outcome, path)}.`];
  if (saved) {
    const { snapshot, since } = saved;
    const steady = since === snapshot ? '' : `, unchanged since snapshot ${since}`;
    const why = saved.causes ? `, which read it because ${describeCauses(saved.causes)}` : '';
    lines.push(`Saved: in snapshot ${snapshot}${steady}${why}.`);
  } else lines.push('Saved: not in the latest snapshot.');
  if (causes) {
    const next = causes.length > 0 ? `yes, because ${describeCauses(causes)}` : NOT_READ;
    lines.push(`Read by the next backup: ${next}.`);
  } else if (saved && (outcome.type === 'left-out' || outcome.type === 'absent')) {
    lines.push('The next backup counts it as removed; the snapshots that contain it keep it.');
  }
  return lines;
}

const NOT_READ = 'no, its size, times and inode have not changed';

function describeOutcome(outcome: Outcome, path: string): string {
  switch (outcome.type) {
    case 'taken-in':
      return `Backed up: ${describeReason(outcome.reason)}`;
    case 'left-out': {
      const { at, reason } = outcome;
      const where = at === path ? '' : `${formatName(at)} is left out, `;
      return `Left out: ${where}${describeReason(reason)}`;
    }
    case 'absent':
      return `Missing: ${formatName(outcome.at)} does not exist`;
    case 'unreadable':
      return `Kept as last saved: ${outcome.message.replace(/\.$/, '')}`;
  }
}

type AnyReason = Extract<Outcome, { reason: unknown }>['reason'];

function describeReason(reason: AnyReason): string {
  switch (reason.type) {
    case 'rule':
      return `by ${describeRule(reason.rule)}`;
    case 'marker':
      return `${formatName(reason.marker)} is present (--exclude-if-present)`;
    case 'cache':
      return `${formatName(reason.marker)} marks a cache (--exclude-caches)`;
    case 'size':
      return `it is larger than ${formatBytes(reason.largestBytes)} (--exclude-larger-than)`;
    case 'file-system':
      return 'another file system is mounted on its directory (--one-file-system)';
    case 'pseudo-file-system':
      return `${reason.name} is mounted on its directory, whose files the kernel makes up`;
    case 'repository':
      return 'it is the repository itself';
    case 'root':
      return 'it is one of the paths given to backup';
    case 'nothing':
      return 'no rule leaves it out';
  }
}

type Rule = Extract<FilterReason, { type: 'rule' }>['rule'];

function describeRule({ type, pattern, origin }: Rule): string {
  const text = formatNameText(pattern);
  if (!origin) return `--${type} '${text}'`;
  return `'${text}', line ${origin.line} of ${formatNameText(origin.file)}`;
}

const CAUSES: Readonly<Record<ReadCause, string>> = {
  new: 'it was never saved before',
  asked: 'the backup was told to read it again',
  unsized: 'its file system does not tell the size of it',
  damaged: 'its saved contents are damaged',
  type: 'it was not a file before',
  size: 'its size differed',
  mtime: 'its modification time differed',
  ctime: 'its change time differed',
  inode: 'its inode differed',
  racy: 'it was saved too soon after a change for its times to prove anything',
  unstable: 'it changed while it was being saved',
};

function describeCauses(causes: readonly ReadCause[]): string {
  return causes.map((cause) => CAUSES[cause]).join(', ');
}

function toJson({ path, source, outcome, saved, causes, issues }: PathExplanation): object {
  return {
    ...jsonPath(path),
    source: source.id,
    outcome: outcome.type.replace('-', '_'),
    at: 'at' in outcome ? jsonPath(outcome.at) : null,
    reason: 'reason' in outcome ? jsonReason(outcome.reason) : null,
    saved: saved
      ? { snapshot: saved.snapshot, since: saved.since, read_because: saved.causes ?? null }
      : null,
    read_because: causes ?? null,
    issues: jsonIssues(issues),
  };
}

function jsonReason(reason: AnyReason): object {
  switch (reason.type) {
    case 'rule': {
      const { type, pattern, origin } = reason.rule;
      const file = origin && showBytes(origin.file);
      return {
        type: 'rule',
        action: type,
        pattern,
        file: file ?? null,
        line: origin?.line ?? null,
      };
    }
    case 'marker':
    case 'cache':
      return { type: reason.type, marker: jsonPath(reason.marker) };
    case 'size':
      return { type: 'size', larger_than: reason.largestBytes };
    case 'pseudo-file-system':
      return { type: 'pseudo_file_system', name: reason.name };
    case 'file-system':
    case 'repository':
    case 'root':
    case 'nothing':
      return { type: reason.type.replace('-', '_') };
  }
}
