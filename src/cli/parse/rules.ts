/** `--exclude`, `--include` and `--exclude-from`, in the order given: the last that matches decides. */
import { Option } from 'commander';
import { bytesToText, CodedError, type PatternRule, type Platform } from '../../store.js';

/** One of the three options as it was given. */
export type RuleFlag = PatternRule | { readonly type: 'exclude-from'; readonly file: string };

/** An option that adds to one list together with the others of its kind. */
class RuleOption extends Option {
  constructor(flags: string, description: string, toRule: (value: string) => RuleFlag) {
    super(flags, description);
    this.argParser((value: string, previous: readonly RuleFlag[] | undefined) => [
      ...(previous ?? []),
      toRule(value),
    ]);
  }

  override attributeName(): string {
    return 'rules';
  }
}

/** The three options; their values are the flag `rules`, a list of {@link RuleFlag}. */
export function ruleOptions(): Option[] {
  return [
    new RuleOption(
      '--exclude <pattern>',
      'leave out what matches: gitignore syntax, ** included; repeatable',
      (pattern) => ({ type: 'exclude', pattern }),
    ),
    new RuleOption(
      '--include <pattern>',
      'take back what an earlier pattern leaves out; repeatable',
      (pattern) => ({ type: 'include', pattern }),
    ),
    new RuleOption(
      '--exclude-from <file>',
      'patterns of a file, one a line; # starts a comment',
      (file) => ({ type: 'exclude-from', file }),
    ),
  ];
}

/**
 * The rules that the options say, files read.
 *
 * @throws CodedError `USAGE` when a file cannot be read
 */
export function readRules(flags: readonly RuleFlag[], { files }: Platform): PatternRule[] {
  return flags.flatMap((flag): PatternRule[] => {
    if (flag.type !== 'exclude-from') return [flag];
    return parseRuleFile(bytesToText(readRuleFile(flag.file, files)));
  });
}

/** One pattern a line; blank lines and comments are skipped, trailing white space is not significant. */
export function parseRuleFile(text: string): PatternRule[] {
  return text
    .split('\n')
    .map((line) => line.replace(/(?<!\\)\s+$/, ''))
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((pattern) => ({ type: 'exclude', pattern }));
}

function readRuleFile(file: string, files: Platform['files']): Buffer {
  try {
    return files.readFile(file);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new CodedError('USAGE', `--exclude-from: ${file} cannot be read: ${why}.`, {
      hint: 'Name a file of patterns, one a line.',
      cause,
    });
  }
}
