/** What the rules of a restore leave out: below what is named, as in a backup. */
import { readdirSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import { createWorkspace } from '../../support/varve-command.js';

const { run, path, write } = createWorkspace();

beforeAll(async () => {
  write({ 'tree/a.txt': 'a', 'tree/b.jpg': 'b', 'tree/sub/c.txt': 'c', 'tree/sub/d.jpg': 'd' });
  await run(['backup', '-q', path('tree')]);
});

const restored = (name: string): string[] =>
  readdirSync(path(name), { recursive: true, encoding: 'utf8' }).toSorted();

describe('a restore with rules', () => {
  let target = 0;
  test.each([
    [[], ['--exclude', '*', '--include', '*.txt'], ['a.txt']],
    [
      [],
      ['--exclude', '*', '--include', '*.txt', '--include', 'sub'],
      ['a.txt', 'sub', 'sub/c.txt'],
    ],
    [[], ['--exclude', 'tree'], ['a.txt', 'b.jpg', 'sub', 'sub/c.txt', 'sub/d.jpg']],
    [['tree/sub'], ['--exclude', 'sub', '--exclude', '*.jpg'], ['sub', 'sub/c.txt']],
    [['tree/b.jpg'], ['--exclude', '*.jpg'], ['b.jpg']],
    [
      ['tree/sub', 'tree/b.jpg'],
      ['--exclude', '*.jpg'],
      ['b.jpg', 'sub', 'sub/c.txt'],
    ],
  ])(
    'of %j and %j takes what is named, and below it what they leave',
    async (named, rules, names) => {
      const to = `to-${target++}`;
      const { code } = await run([
        'restore',
        ...named.map((name) => path(name)),
        '--to',
        path(to),
        ...rules,
      ]);
      expect(code).toBe(0);
      expect(restored(to)).toEqual(names);
    },
  );
});
