/** One test for each option of a command, and one that none is missing. */
import { Command } from 'commander';
import { describe, expect, test } from 'vitest';
import { COMMANDS } from '../../src/cli/command-table.js';
import { addGlobalOptions } from '../../src/cli/global-options.js';

/** What an option does that can be seen from outside, by the name of the option. */
export type OptionRows = Readonly<Record<`--${string}`, () => Promise<void> | void>>;

/** Tests every option that `varve help COMMAND` lists beside the global ones. */
export function coverOptions(name: string, rows: OptionRows): void {
  describe(`varve ${name}`, () => {
    test('every option has a row in this table, and every row an option', async () => {
      const command = new Command(name);
      (await COMMANDS[name]?.load())?.define(command);
      expect(Object.keys(rows).sort()).toEqual(longFlags(command));
    });
    test.each(Object.entries(rows))('%s', (_, row) => row());
  });
}

/** Tests every option that all commands take. */
export function coverGlobalOptions(rows: OptionRows): void {
  describe('every command', () => {
    test('every option has a row in this table, and every row an option', () => {
      const command = new Command();
      addGlobalOptions(command);
      expect(Object.keys(rows).sort()).toEqual(longFlags(command));
    });
    test.each(Object.entries(rows))('%s', (_, row) => row());
  });
}

/** Arguments that are refused: what they end with, and what is said. */
export type Refusal = readonly [args: readonly string[], code: number, says: string];

/** Tests that `run` ends so; with `--json`, it is the document that says why. */
export function coverRefusals(
  run: (
    args: readonly string[],
  ) => Promise<{ readonly code: number; readonly stdout: string; readonly stderr: string }>,
  refusals: readonly Refusal[],
): void {
  test.each(refusals)('%j ends with %d: %s', async (args, code, says) => {
    const { stdout, stderr, ...done } = await run(args);
    const [silent, spoken] = args.includes('--json') ? [stderr, stdout] : [stdout, stderr];
    expect({ ...done, silent }).toEqual({ code, silent: '' });
    expect(spoken).toContain(says);
  });
}

const longFlags = ({ options }: Command): string[] =>
  options.map(({ long, short }) => long ?? short ?? '').sort();
