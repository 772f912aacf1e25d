import { Command } from 'commander';
import { expect, test } from 'vitest';
import { openPlatform } from '../../../src/store.js';
import {
  parseRuleFile,
  readRules,
  ruleOptions,
  type RuleFlag,
} from '../../../src/cli/parse/rules.js';

function parse(...args: string[]): readonly RuleFlag[] {
  const command = new Command();
  for (const option of ruleOptions()) command.addOption(option);
  command.parse(args, { from: 'user' });
  return command.opts<{ rules: readonly RuleFlag[] }>().rules;
}

test('the three options are one list, in the order given', () => {
  expect(parse('--include', 'c', '--exclude', 'a', '--exclude-from=f', '--exclude', 'b')).toEqual([
    { type: 'include', pattern: 'c' },
    { type: 'exclude', pattern: 'a' },
    { type: 'exclude-from', file: 'f' },
    { type: 'exclude', pattern: 'b' },
  ]);
});

test('a file has a pattern a line; comments, blank lines and trailing space do not count', () => {
  const text = '# comment\n\n  \n*.tmp  \r\n!keep.tmp\n\\#name\nspace\\ \n';
  expect(parseRuleFile(text).map(({ pattern }) => pattern)).toEqual([
    '*.tmp',
    '!keep.tmp',
    '\\#name',
    'space\\ ',
  ]);
});

test('a file that cannot be read is named', () => {
  expect(() => readRules([{ type: 'exclude-from', file: 'none' }], openPlatform())).toThrow(
    '--exclude-from: none cannot be read: ENOENT',
  );
});
