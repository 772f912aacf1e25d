import { Command } from 'commander';
import { expect, test } from 'vitest';
import { COMMANDS } from '../../src/cli/command-table.js';
import { addGlobalOptions } from '../../src/cli/global-options.js';
import { PEER_COMMANDS, PEER_OPTIONS, REMOVING } from '../../src/cli/peer-words.js';

const options = await optionsByCommand();
const allOptions = new Set([...options.values()].flat());

async function optionsByCommand(): Promise<Map<string, string[]>> {
  const entries = Object.entries(COMMANDS).map(async ([name, { load }]) => {
    const command = new Command(name);
    (await load()).define(command);
    addGlobalOptions(command);
    return [name, command.options.map(({ long }) => long ?? '')] as const;
  });
  return new Map(await Promise.all(entries));
}

test('no command that Varve has is taken for a word of others', () => {
  expect(Object.keys(PEER_COMMANDS).filter((word) => options.has(word))).toEqual([]);
});

test.each(Object.entries(PEER_COMMANDS))('what is said of %s can be typed', (_, answer) => {
  for (const [, line = ''] of answer.matchAll(/`varve ([^`]*)`/g)) {
    const [name = '', ...rest] = line.split(' ');
    if (name === '--version') continue;
    expect(options.get(name)).toEqual(expect.arrayContaining(rest));
  }
});

test('each option that is meant is an option of some command', () => {
  const meant = Object.values(PEER_OPTIONS).flatMap((answer): readonly string[] =>
    typeof answer === 'string' ? (answer.match(/(?<=`)--[a-z-]+/g) ?? []) : answer,
  );
  expect(meant.length).toBeGreaterThan(30);
  expect(meant.filter((name) => !allOptions.has(name))).toEqual([]);
});

test('what removes exists, and is meant by no word: at most a dry run of it', () => {
  expect(REMOVING.filter((name) => !options.has(name) && !allOptions.has(name))).toEqual([]);
  const answers = [...Object.values(PEER_COMMANDS), ...Object.values(PEER_OPTIONS)].map(String);
  const dangerous = answers.filter(
    (answer) =>
      REMOVING.some((name) => new RegExp(`(^|[ \`,])${name}([ \`,.]|$)`).test(answer)) &&
      !answer.includes('--dry-run'),
  );
  expect(dangerous).toEqual([]);
});
