/** What a command adds to its help, and how wide that is. */
import { Command } from 'commander';
import { expect, test } from 'vitest';
import { addExamples, addHelp } from '../../src/cli/command.js';
import { describeExamples } from '../../src/cli/render/help.js';

/** The help of a command, as output or as a complaint, where both are as wide as told. */
function helpOf(
  define: (command: Command) => void,
  { isError = false, out, error }: { isError?: boolean; out?: number; error?: number } = {},
): string {
  let text = '';
  const write = (more: string): void => void (text += more);
  const command = new Command('x').configureOutput({
    writeOut: write,
    writeErr: write,
    ...(out !== undefined && { getOutHelpWidth: () => out }),
    ...(error !== undefined && { getErrHelpWidth: () => error }),
  });
  define(command);
  command.outputHelp({ error: isError });
  return text;
}

test('it is as wide as where it goes to: output, or standard error', () => {
  const widths: number[] = [];
  const define = (command: Command): void =>
    addHelp(command, (columns) => {
      widths.push(columns);
      return `the end, ${columns} wide`;
    });
  const shown = helpOf(define, { out: 44, error: 66 });
  expect(shown).toMatch(/\n\nthe end, 44 wide\n$/);
  expect(helpOf(define, { out: 44, error: 66, isError: true })).toMatch(/the end, 66 wide\n$/);
  expect(widths).toEqual([44, 66]);
});

test('it comes in the order in which it was added, behind the options', () => {
  const text = helpOf((command) => {
    addHelp(command, () => 'first');
    addHelp(command, () => 'second');
    command.option('--late', 'an option');
  });
  expect(text).toMatch(/--late[^]*\n\nfirst\n\nsecond\n$/);
});

test('examples are beside what they do where that fits, else below it', () => {
  const examples = [['varve x --yes', 'what it does'] as const];
  for (const out of [80, 20]) {
    const text = helpOf((command) => addExamples(command, examples), { out });
    expect(text.endsWith(`\n${describeExamples(examples, out)}\n`)).toBe(true);
  }
  expect(describeExamples(examples, 80)).not.toBe(describeExamples(examples, 20));
});
