/** Rules over what commands show people: times, counts, tables. */
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, test } from 'vitest';
import { onTerminal, screenOf } from '../../support/pseudo-terminal.js';
import { createWorkspace } from '../../support/varve-command.js';

const { run, root, home, path, write } = createWorkspace();

/** No time of it is one of UTC. */
const ZONE = 'Asia/Kathmandu';

/** Every command that shows times, for people. */
const SHOWS: readonly string[][] = [
  ['snapshots'],
  ['status'],
  ['ls', '-l', path('tree')],
  ['ls', '-R', '-l', '--at', '1'],
  ['log', path('tree/gone')],
  ['find', 'gone'],
  ['diff', '1', '2'],
  ['stats'],
  ['prune', '-n', '--older-than', '0s'],
  ['prune', '-n', '--keep-last', '1'],
  ['verify'],
  // Failures that name a time.
  ['ls', '--at', '2001-01-01'],
  ['cat', path('tree/gone')],
  ['restore', '--to', path('target'), '-n', path('tree/gone')],
];

const inZone = (args: readonly string[]) => run(args, { env: { TZ: ZONE } });

beforeAll(async () => {
  write({ 'tree/gone': 'one', [`tree/${'long-name/'.repeat(9)}file`]: 'x', 'other/file': 'y' });
  await inZone(['backup', '--tag', 'one,two', 'tree', 'other']);
  rmSync(path('tree/gone'));
  await inZone(['backup', 'tree', 'other']);
});

describe.concurrent('a time for people', () => {
  test.each(SHOWS.map((args) => [args]))('is local and of one form: %j', async (args) => {
    const { stdout, stderr } = await inZone(args);
    const shown = (stdout + stderr).replace(/TIME is one of[^]*/, '');
    const hour = new Date(Date.now() + 345 * 60_000).toISOString().slice(0, 13).replace('T', ' ');
    expect(shown).not.toMatch(/\d{4}-\d\d-\d\dT/);
    expect(shown).not.toMatch(/\d\d:\d\d(?::\d\d)?(?:Z|[+-]\d\d:\d\d)/);
    for (const [time] of shown.matchAll(/\d{4}-\d\d-\d\d( \d\d:\d\d(:\d\d)?)?/g)) {
      expect(time).toMatch(/^\d{4}-\d\d-\d\d(?: \d\d:\d\d:\d\d)?$/);
      if (time.startsWith('2001')) continue;
      expect(hour.startsWith(time.slice(0, 10)) || time < hour).toBe(true);
    }
  });

  test('is what TIME reads, seconds and all', async () => {
    const [, taken = ''] = /^2 {2}(\S+ \S+)/m.exec((await inZone(['snapshots'])).stdout) ?? [];
    const { stdout } = await run(['ls', '-R', '--at', taken], { env: { TZ: ZONE } });
    expect(stdout).toContain('other/file');
    expect(stdout).not.toContain('tree/gone');
  });

  test.each(SHOWS.filter(([name]) => name !== 'verify').map((args) => [args]))(
    'is ISO 8601 with an offset in a document: %j',
    async (args) => {
      const { stdout } = await inZone([...args, '--json']);
      const { error, ...document } = JSON.parse(stdout) as Record<string, unknown>;
      const text = JSON.stringify({ ...document, reasons: error === undefined ? [] : undefined });
      const plain = text.replace(/"not older than [^"]*"/g, '');
      for (const [, time = ''] of plain.matchAll(/"(\d{4}-\d\d-\d\d[^"]*)"/g)) {
        expect(time).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3,9}\+05:45$/);
      }
    },
  );
});

describe.concurrent('a table on a terminal', () => {
  const TABLES = [
    ['snapshots'],
    ['status'],
    ['log', path('tree/gone')],
    ['find', 'e'],
    ['stats'],
    ['prune', '-n', '--keep-last', '1'],
  ];

  test.each(TABLES.map((args) => [args]))(
    'is no wider than it, and cuts nothing: %j',
    async (args) => {
      for (const columns of [50, 80]) {
        const terminal = { cwd: root, env: { HOME: home, NO_COLOR: '1', TZ: ZONE }, columns };
        const { stdout } = await onTerminal(args, terminal);
        const lines = screenOf(stdout).filter((line) => line.trim() !== '');
        // A name has a line of its own, and a word is never broken.
        const tooWide = lines.filter((line) => line.length > columns && !/^ {4}\S/.test(line));
        expect(tooWide.filter((line) => !/^(?:Source|varve:) /.test(line))).toEqual([]);
        const cells = (text: string): string[] =>
          withoutFree(text)
            .split(/\s+/)
            .filter((word) => word !== '' && !/^(?:0:\d\d|\d+s?)$/.test(word));
        const piped = await run(args, { env: { TZ: ZONE, NO_COLOR: '1' } });
        expect(cells(lines.join('\n')).sort()).toEqual(cells(piped.stdout + piped.stderr).sort());
      }
    },
  );
});

/** Other programs write, too. */
const withoutFree = (text: string): string =>
  text.replace(/free space\s+\S+ \S+|\(\S+\s+\S+\s+free\)/g, '');

describe('a number before a noun', () => {
  const source = fileURLToPath(new URL('../../../src/', import.meta.url));
  const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.ts'),
  );
  /** librsync's own words, which scripts read. */
  const VERBATIM = ['cli/rdiff/statistics.ts'];
  const NOUNS =
    'bytes|files|director(?:y|ies)|paths|blobs|packs|frames|snapshots|versions|sources|links|lines|' +
    'blocks|parts|windows|problems|findings|requests|copies|entries|tags|names|rows|records|threads|' +
    'seconds|minutes|hours|days|weeks|months|years|runs';
  /** A constant is never one; neither is what a plural was chosen for. */
  const WRITTEN = new RegExp(
    String.raw`\$\{(?!MAX_|MIN_|FEW|MOST|HEADER_)[^}]*\} (?:${NOUNS})\b`,
    'g',
  );

  test('is counted by `count`, which knows one from many', () => {
    const found = files
      .filter((name) => !VERBATIM.includes(name))
      .flatMap((name) => {
        const text = readFileSync(source + name, 'utf8').replace(/^\s*(?:\*|\/\/|\/\*\*).*$/gm, '');
        return [...text.matchAll(WRITTEN)].map(([match]) => `${name}: ${match}`);
      });
    expect(found.sort()).toEqual([...MANY].sort());
  });

  test.concurrent.each([
    ['snapshots'],
    ['status'],
    ['stats'],
    ['verify'],
    ['backup', '-n', path('other')],
    ['restore', '--to', path('elsewhere'), '-n', path('other/file')],
    ['diff', '--stat', '1', '2'],
    ['repair', '-n'],
    ['prune', '-n', '2'],
  ])('is never "1 files": %s', async (...args) => {
    const { stdout, stderr } = await run(args);
    expect(stdout + stderr).not.toMatch(new RegExp(String.raw`(?<![\d.,:])\b1 (?:${NOUNS})\b`));
  });
});

/** Never one, as the code around them says. */
const MANY: readonly string[] = [
  'platform/files.ts: ${bytes.length - done} bytes',
  'cli/parse/moment.ts: ${most} days',
  'repo/repository/recover.ts: ${finished} runs',
  'repo/operations/backup/backup-stream.ts: ${bytes} bytes',
  'repo/operations/prune/retention.ts: ${count} snapshots',
  'repo/operations/queries/last-seen.ts: ${numbers.length} sources',
];
