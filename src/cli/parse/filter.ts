/** The options that say what a backup leaves out, shared by every command that reads the live tree. */
import { Option, type Command } from 'commander';
import { checkRules, type FilterOptions, type PatternRule, type RuleFile } from '../../store.js';
import { optionValue, type Session } from '../session.js';
import { listOption } from '../shared-options.js';
import { parseSize } from './size.js';

export interface FilterFlags {
  readonly rules?: readonly (PatternRule | RuleFile)[];
  readonly ignoreFile?: readonly string[];
  readonly excludeIfPresent?: readonly string[];
  readonly excludeCaches?: boolean;
  readonly excludeLargerThan?: string;
  readonly oneFileSystem?: boolean;
}

/** An option that adds to one list together with the others of its kind. */
class RuleOption extends Option {
  constructor(
    flags: string,
    description: string,
    toRule: (value: string) => PatternRule | RuleFile,
  ) {
    super(flags, description);
    this.argParser((value: string, previous: FilterFlags['rules']) => [
      ...(previous ?? []),
      toRule(value),
    ]);
  }

  override attributeName(): string {
    return 'rules';
  }
}

/** The options that give rules; their values are the flag `rules`. */
export function addRuleOptions(command: Command): Command {
  return command
    .addOption(
      new RuleOption(
        '--exclude <pattern>',
        'leave out what matches, in gitignore syntax, including **; repeatable',
        (pattern) => ({ type: 'exclude', pattern }),
      ),
    )
    .addOption(
      new RuleOption(
        '--include <pattern>',
        'include again what an earlier pattern leaves out; repeatable',
        (pattern) => ({ type: 'include', pattern }),
      ),
    )
    .addOption(
      new RuleOption(
        '--exclude-from <file>',
        'read patterns from a file, one per line; # starts a comment',
        (file) => ({ type: 'exclude-from', file }),
      ),
    );
}

export function addFilterOptions(command: Command): void {
  addRuleOptions(command)
    .addOption(
      listOption(
        '--ignore-file <name>',
        'files of this name contain gitignore rules for their directory; repeatable (default: .varveignore)',
      ),
    )
    .addOption(
      listOption(
        '--exclude-if-present <name>',
        'in a directory that contains this name, back up only that entry; repeatable',
      ),
    )
    .option('--exclude-caches', 'likewise for directories with a valid CACHEDIR.TAG')
    .option('--exclude-larger-than <size>', 'leave out files larger than this: 500K, 2G')
    .option(
      '-x, --one-file-system',
      'stay on the file system of each path; mount points are saved empty',
    );
}

/**
 * What is to be left out. Its files of patterns have been read once when this returns, since a wrong
 * option is reported before a wrong repository.
 * @throws CodedError USAGE, USAGE_PATTERN, USAGE_SIZE
 */
export async function checkedFilterOptions(
  flags: FilterFlags,
  { platform }: Pick<Session, 'platform'>,
): Promise<FilterOptions> {
  const options = filterOptions(flags);
  if (options.rules) await checkRules(options.rules, platform);
  return options;
}

/** @throws CodedError USAGE_SIZE */
export function filterOptions(flags: FilterFlags): FilterOptions {
  const { rules, ignoreFile, excludeIfPresent, excludeCaches, oneFileSystem } = flags;
  const largestBytes = optionValue('--exclude-larger-than', parseSize, flags.excludeLargerThan);
  return {
    ...(rules && { rules }),
    ...(ignoreFile && { ignoreFiles: ignoreFile }),
    ...(excludeIfPresent && { markers: excludeIfPresent }),
    ...(excludeCaches && { excludesCaches: true }),
    ...(largestBytes !== undefined && { largestBytes }),
    ...(oneFileSystem && { staysOnFileSystem: true }),
  };
}
